import type { UserId } from "@commonhold/core/ids.ts";
import { beforeEach, expect, it } from "vitest";
import { ByteBudget } from "../transfers/byte-budget.ts";
import { PersonalMemory } from "./personal-memory.ts";

const ada = "ada" as UserId;
const bob = "bob" as UserId;
const never = new AbortController().signal;

let common: ByteBudget;
let memory: PersonalMemory;
beforeEach(() => {
  common = new ByteBudget(100, 10);
  memory = new PersonalMemory(common, { bytesEachMax: 60, waitersEachMax: 1 });
});

it("gives nobody more than a part, and what is left to others at once", async () => {
  const first = memory.of(ada).tryAcquire(60)!;
  expect(memory.of(ada).tryAcquire(1)).toBeUndefined();
  const waiting = memory.of(ada).acquireWithin(10, never);
  const other = memory.of(bob).tryAcquire(40)!;
  expect(common.usedBytes).toBe(100);
  await expect(memory.of(ada).acquireWithin(10, never)).rejects.toMatchObject({ code: "OVERLOADED" });
  first(10);
  const second = await waiting;
  expect(common.usedBytes).toBe(100);
  for (const release of [first, second, other]) release();
  expect([common.usedBytes, memory.peopleCount]).toEqual([0, 0]);
});

it("gives no more than there is for all, and keeps nothing of who waited in vain", async () => {
  const others = common.tryAcquire(90)!;
  expect(memory.of(ada).tryAcquire(20)).toBeUndefined();
  await expect(memory.of(ada).acquireWithin(20, never, 1)).rejects.toMatchObject({ code: "OVERLOADED" });
  const gone = new AbortController();
  const waiting = memory.of(ada).acquireWithin(20, gone.signal);
  gone.abort(new Error("went away"));
  await expect(waiting).rejects.toThrow("went away");
  expect([common.usedBytes, memory.peopleCount]).toEqual([90, 0]);
  others();
  const all = await memory.of(ada).acquireWithin(60, never);
  all();
  all();
  expect([common.usedBytes, memory.peopleCount]).toEqual([0, 0]);
});
