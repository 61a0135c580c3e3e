import { DAY_MS, utcDayInterval } from "@commonhold/core/economics/utc-day.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createEconomyFixture, type EconomyFixture, insertNode, insertUser } from "./economy.fixture.ts";
import { ENDED_COPIES_KEPT_MS, forgetActions, forgetHistory, PRESENCE_KEPT_MS } from "./forget-history.ts";
import { createLedgerCheck } from "./ledger-check.ts";

const RATES = { price: 1_000_000n, rate: 800_000n };
const SEALED_LENGTH = 4_000_000;
/** Held from the beginning. */
const BEGINNING = utcDayInterval("2026-01-30");

let economy: EconomyFixture;
beforeEach(async () => {
  economy = await createEconomyFixture(BEGINNING.fromMs);
  const { database, metadata } = economy;
  await insertUser(database, "operator");
  await insertUser(database, "owner");
  await insertNode(database, { id: "node", operator_id: "operator", joined_at_ms: BEGINNING.fromMs });
  await metadata.apply("uptime.watch", {
    now_ms: BEGINNING.fromMs,
    gap: { from_ms: 0, to_ms: BEGINNING.fromMs },
  });
  const chunk = { name: "00".repeat(32), owner_id: "owner", sealed_length: SEALED_LENGTH, copies: 1, created_at_ms: 0 };
  await database.insertInto("chunks").values(chunk).execute();
  await database
    .insertInto("assignments")
    .values({
      chunk_name: chunk.name,
      node_id: "node",
      state: "active",
      updated_at_ms: 0,
      held_since_ms: BEGINNING.fromMs,
    })
    .execute();
});
afterEach(() => economy.close());

/** What a coordinator does in a day in which the node reports all the time. */
async function passTo(nowMs: number): Promise<readonly string[]> {
  economy.nowMs = nowMs;
  await economy.watch();
  await economy.database.updateTable("nodes").set({ last_heartbeat_at_ms: nowMs }).execute();
  return await economy.settle(RATES);
}

const balance = async (id: string): Promise<bigint | undefined> =>
  (await economy.database.selectFrom("ledger_accounts").selectAll().where("id", "=", id).executeTakeFirst())
    ?.balance_microcredits;
const payouts = () => economy.database.selectFrom("node_payouts").selectAll().execute();

/** Of one day. */
const NET = (BigInt(SEALED_LENGTH) * BigInt(DAY_MS) * RATES.rate) / (10n ** 9n * BigInt(DAY_MS) * 30n);

it("a day is settled five minutes after it is over, and not before", async () => {
  expect(await passTo(BEGINNING.toMs - 1)).toEqual([]);
  expect(await passTo(BEGINNING.toMs + 5 * 60_000 - 1)).toEqual([]);
  expect(await passTo(BEGINNING.toMs + 5 * 60_000)).toEqual(["2026-01-30"]);
  expect(await passTo(BEGINNING.toMs + 6 * 60_000)).toEqual([]);
  expect(await balance("node:node:pending")).toBe(NET);
});

it("a day that ended while no coordinator ran is settled when nodes were watched for a while", async () => {
  const backMs = BEGINNING.toMs + 3 * 3_600_000;
  const gap = { from_ms: BEGINNING.toMs - 3_600_000, to_ms: backMs };
  await economy.metadata.apply("uptime.watch", { now_ms: backMs, gap });
  expect(await passTo(backMs + 60_000)).toEqual([]);
  expect(await passTo(backMs + 5 * 60_000)).toEqual(["2026-01-30"]);
});

it("what a node earned in a month is paid to its operator when the month is settled, once", async () => {
  await passTo(BEGINNING.toMs + 10 * 60_000);
  expect(await payouts()).toEqual([]);
  const nowMs = BEGINNING.toMs + DAY_MS + 10 * 60_000;
  expect(await passTo(nowMs)).toEqual(["2026-01-31"]);
  const paid = [{ node_id: "node", month: "2026-01", amount_microcredits: 2n * NET, paid_at_ms: nowMs }];
  expect(await payouts()).toEqual(paid);
  expect(await balance("user:operator:available")).toBe(2n * NET);
  expect(await balance("node:node:pending")).toBe(0n);
  await passTo(nowMs + 60_000);
  await passTo(nowMs + DAY_MS);
  expect(await payouts()).toEqual(paid);
  expect(await balance("node:node:pending")).toBe(NET);
});

it("a crash between the last day of a month and its payouts delays these, no more", async () => {
  economy.interrupt = (moment) => {
    if (moment === "before" && economy.applied.at(-1) === "economics.close_day") throw new Error("crash");
  };
  await passTo(BEGINNING.toMs + 10 * 60_000).catch(() => undefined);
  economy.nowMs = BEGINNING.toMs + DAY_MS + 10 * 60_000;
  economy.interrupt = () => undefined;
  await economy.watch();
  economy.interrupt = (moment) => {
    const isSettled = economy.applied.filter((name) => name === "economics.close_day").length === 2;
    if (moment === "before" && isSettled) throw new Error("crash");
  };
  await expect(economy.settle(RATES)).rejects.toThrow("crash");
  expect(await payouts()).toEqual([]);
  economy.interrupt = () => undefined;
  expect(await economy.settle(RATES)).toEqual([]);
  expect(await payouts()).toHaveLength(1);
});

it("a node that is silent is not paid for the time", async () => {
  await economy.database
    .updateTable("nodes")
    .set({ last_heartbeat_at_ms: BEGINNING.fromMs + DAY_MS / 2 - 15_000 })
    .execute();
  economy.nowMs = BEGINNING.toMs + 10 * 60_000;
  await economy.watch();
  await economy.settle(RATES);
  const day = await economy.database.selectFrom("node_days").selectAll().executeTakeFirstOrThrow();
  expect(day).toMatchObject({ observed_ms: DAY_MS, online_ms: DAY_MS / 2, gross_microcredits: NET / 2n });
  expect(day.uptime_penalty_microcredits).toBe((day.gross_microcredits * 45n) / 100n);
});

it("whoever prepaid and stores nothing more gets it back, and runs into no debt", async () => {
  const { database } = economy;
  await insertUser(database, "leaver");
  await database
    .insertInto("ledger_accounts")
    .values({ id: "user:leaver:prepaid", balance_microcredits: 5n })
    .execute();
  await passTo(BEGINNING.toMs + 10 * 60_000);
  expect(await balance("user:leaver:prepaid")).toBe(0n);
  expect(await balance("user:leaver:available")).toBe(5n);
});

it("the ledger check finds what does not add up, and mends nothing", async () => {
  await passTo(BEGINNING.toMs + 10 * 60_000);
  const lines: object[] = [];
  const logger = { error: (line: object) => void lines.push(line) };
  const check = createLedgerCheck({ ...economy, clock: { nowMs: () => 7, monotonicMs: () => 0 }, logger });
  expect(check.findings()).toBeUndefined();
  await check.run(new AbortController().signal);
  expect(check.findings()).toEqual({ checkedAtMs: 7, accounts: 3, mismatches: 0, total: 0n });
  expect(lines).toEqual([]);

  await economy.database
    .updateTable("ledger_accounts")
    .set({ balance_microcredits: 1_000n })
    .where("id", "=", "node:node:pending")
    .execute();
  await check.run(new AbortController().signal);
  expect(check.findings()).toMatchObject({ mismatches: 1, total: 1_000n - NET });
  expect(lines).toHaveLength(2);
  expect(await balance("node:node:pending")).toBe(1_000n);
});

it("what days were reckoned from is kept until they are settled, and for a while after", async () => {
  const { database, metadata } = economy;
  await passTo(BEGINNING.toMs + 10 * 60_000);
  const atMs = BEGINNING.fromMs + 1_000;
  await database
    .insertInto("node_absences")
    .values({ node_id: "node", from_ms: atMs, to_ms: atMs + 1 })
    .execute();
  const copy = { node_id: "node", chunk_name: "11".repeat(32), owner_id: "owner", sealed_length: 1, promised: 1 };
  await database
    .insertInto("ended_copies")
    .values({ ...copy, from_ms: atMs, to_ms: atMs + 1, ended_at_ms: atMs + 1 })
    .execute();
  const kept = async () => [
    (await database.selectFrom("ended_copies").selectAll().execute()).length,
    (await database.selectFrom("node_absences").selectAll().execute()).length,
  ];
  const forget = (nowMs: number) =>
    forgetHistory({ metadata, clock: { nowMs: () => nowMs, monotonicMs: () => 0 } }, new AbortController().signal);
  await forget(atMs + ENDED_COPIES_KEPT_MS);
  expect(await kept()).toEqual([1, 1]);
  await forget(atMs + ENDED_COPIES_KEPT_MS + 10);
  expect(await kept()).toEqual([0, 1]);
  await forget(atMs + PRESENCE_KEPT_MS + 10);
  expect(await kept()).toEqual([0, 0]);
});

it("what admins did is kept for as long as is set, also while no day was ever settled", async () => {
  const { database, metadata } = economy;
  const note = { actor_kind: "user" as const, actor_id: "operator", action: "job.run", details: {} };
  for (const at_ms of [1_000, 2_000]) {
    await metadata.apply("admin.record", { note: { ...note, at_ms }, subject: { kind: "job", id: "repair" } });
  }
  const keptMs = 365 * DAY_MS;
  const clock = { nowMs: () => 2_000 + keptMs, monotonicMs: () => 0 };
  await forgetActions({ metadata, clock }, { keptMs, signal: new AbortController().signal });
  expect(await database.selectFrom("admin_actions").select("at_ms").execute()).toEqual([{ at_ms: 2_000 }]);
});
