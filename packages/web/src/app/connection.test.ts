import { AppError } from "@commonhold/core/app-error.ts";
import { beforeEach, expect, it } from "vitest";
import { Connection } from "./connection.ts";

let isThere: boolean;
let changes: boolean[];
let waiting: { readonly action: () => void; readonly ms: number } | undefined;
let connection: Connection;

beforeEach(() => {
  isThere = false;
  changes = [];
  waiting = undefined;
  connection = new Connection({
    probe: async () => isThere,
    later: (action, ms) => {
      waiting = { action, ms };
      return () => {
        waiting = undefined;
      };
    },
  });
  connection.subscribe(() => changes.push(connection.isAway()));
});

/** Lets the pause that is waited for be over. @returns how long it was */
async function pass(): Promise<number> {
  const { action, ms } = waiting!;
  waiting = undefined;
  action();
  await new Promise(setImmediate);
  return ms;
}

const UNREACHABLE = new AppError("COORDINATOR_UNREACHABLE", "cannot reach the coordinator");

it("is lost by a call that found nobody, and found again by asking, in pauses that grow to a bound", async () => {
  connection.failed(UNREACHABLE);
  connection.failed(UNREACHABLE);
  const pauses = [];
  for (let time = 0; time < 6; time++) pauses.push(await pass());
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
  isThere = true;
  await pass();
  expect([changes, waiting]).toEqual([[true, false], undefined]);
});

it("begins with short pauses each time", async () => {
  for (let time = 0; time < 2; time++) {
    isThere = false;
    connection.lost();
    expect(await pass()).toBe(1000);
    expect(await pass()).toBe(2000);
    isThere = true;
    await pass();
  }
});

it("is not lost by what the coordinator itself refused", () => {
  connection.failed(new AppError("FORBIDDEN", "no"));
  connection.failed(new TypeError("a bug"));
  expect([changes, waiting]).toEqual([[], undefined]);
});

it("is back with any answer, and asks no more", () => {
  connection.lost();
  connection.answered();
  expect([changes, waiting]).toEqual([[true, false], undefined]);
});

it("is asked for at once where somebody wants it, and goes on asking", async () => {
  await connection.ask();
  expect(waiting).toBeUndefined();
  connection.lost();
  await connection.ask();
  expect([connection.isAway(), waiting?.ms]).toEqual([true, 2000]);
  isThere = true;
  await connection.ask();
  expect([connection.isAway(), waiting]).toEqual([false, undefined]);
});
