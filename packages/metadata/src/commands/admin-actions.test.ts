import { beforeEach, describe, expect, it } from "vitest";
import { applierTo, NODES, registerNodes } from "../catalog/catalog.fixture.ts";
import { openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { ActionNote } from "./admin-actions.ts";
import { availableAccount, debtAccount, GRANTS_ACCOUNT } from "./ledger.ts";
import { userPayload } from "./payloads.fixture.ts";

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let apply: ReturnType<typeof applierTo>;
beforeEach(async () => {
  database = await openMemoryDatabase();
  apply = applierTo(database);
  await apply("user.create", userPayload("ada"));
});

const noteOf = (action: string, at_ms = 7): ActionNote => ({
  actor_kind: "user",
  actor_id: "root",
  action,
  details: { force: true },
  at_ms,
});
const actions = () =>
  database
    .selectFrom("admin_actions")
    .select(["action", "subject_kind", "subject_id", "details"])
    .orderBy("id")
    .execute();
const balances = async () =>
  Object.fromEntries(
    (await database.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).execute()).map((row) => [
      row.id,
      row.balance_microcredits,
    ]),
  );

describe("what is written down", () => {
  it("stands with what was done, and not without it", async () => {
    await registerNodes(apply);
    const id = NODES[0];
    await apply("node.ban", { id, note: noteOf("node.ban") });
    await apply("node.unban", { id, note: noteOf("node.unban") });
    await apply("job.configure", { name: "repair", paused: true, throttle: null, note: noteOf("job.pause") });
    await apply("admin.record", { note: noteOf("network.rebalance"), subject: { kind: "network", id: "" } });
    const unknown = apply("node.ban", { id: "nobody", note: noteOf("node.ban") });
    await expect(unknown).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    await apply("node.ban", { id });
    const details = '{"force":true}';
    expect(await actions()).toEqual([
      { action: "node.ban", subject_kind: "node", subject_id: id, details },
      { action: "node.unban", subject_kind: "node", subject_id: id, details },
      { action: "job.pause", subject_kind: "job", subject_id: "repair", details },
      { action: "network.rebalance", subject_kind: "network", subject_id: "", details },
    ]);
  });

  it("is forgotten when it is old, some at a time, the oldest first", async () => {
    const subject = { kind: "job", id: "repair" } as const;
    for (const atMs of [30, 10, 20, 40]) {
      await apply("admin.record", { note: noteOf(`job.at_${"x".repeat(atMs)}`, atMs), subject });
    }
    const left = async () =>
      (await database.selectFrom("admin_actions").select("at_ms").orderBy("at_ms").execute()).map((row) => row.at_ms);
    expect(await apply("admin.purge", { before_ms: 40, limit: 2 })).toEqual({ purged: 2 });
    expect(await left()).toEqual([30, 40]);
    expect(await apply("admin.purge", { before_ms: 40, limit: 2 })).toEqual({ purged: 1 });
    expect(await left()).toEqual([40]);
  });
});

describe("a grant", () => {
  const grant = (overrides = {}) =>
    apply("ledger.grant", {
      id: "grant-1",
      user_id: "ada",
      amount_microcredits: "500",
      reason: "for the hall's disks",
      now_ms: 3,
      note: { ...noteOf("credits.grant"), details: {} },
      ...overrides,
    });

  it("is booked from its own account, with its reason, and written down", async () => {
    expect(await grant()).toEqual({ repeated: false });
    expect(await balances()).toEqual({ [GRANTS_ACCOUNT]: -500n, [availableAccount("ada")]: 500n });
    expect(await database.selectFrom("ledger_transactions").select(["kind", "description"]).execute()).toEqual([
      { kind: "grant", description: "for the hall's disks" },
    ]);
    const details = '{"amount_microcredits":"500","reason":"for the hall\'s disks"}';
    expect(await actions()).toEqual([{ action: "credits.grant", subject_kind: "user", subject_id: "ada", details }]);
  });

  it("is booked once, however often it is asked for", async () => {
    await grant();
    expect(await grant({ now_ms: 9 })).toEqual({ repeated: true });
    expect(await balances()).toMatchObject({ [availableAccount("ada")]: 500n });
    expect(await actions()).toHaveLength(1);
  });

  it("is not another under the same id", async () => {
    await apply("user.create", userPayload("bea"));
    await grant();
    for (const other of [{ amount_microcredits: "501" }, { user_id: "bea" }]) {
      await expect(grant(other)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    }
    expect(await balances()).toEqual({ [GRANTS_ACCOUNT]: -500n, [availableAccount("ada")]: 500n });
  });

  it("pays first what is owed, and is known again all the same", async () => {
    const line = { owner_id: "ada", byte_ms: "0", charged_microcredits: "200" };
    await apply("economics.charge_owners", {
      day: "1970-01-01",
      price_microcredits: "1",
      lines: [line],
      now_ms: 86_400_000,
    });
    await grant();
    expect(await balances()).toMatchObject({ [debtAccount("ada")]: 0n, [availableAccount("ada")]: 300n });
    expect(await grant()).toEqual({ repeated: true });
  });

  it.each([
    [{ amount_microcredits: "0" }, "INVALID_REQUEST"],
    [{ user_id: "nobody" }, "NOT_FOUND"],
    [{ reason: "" }, "INVALID_REQUEST"],
  ])("%j is refused", async (overrides, code) => {
    await expect(grant(overrides)).rejects.toMatchObject({ code });
    expect(await balances()).toEqual({});
  });
});
