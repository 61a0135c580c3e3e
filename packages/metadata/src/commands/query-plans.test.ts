import { beforeEach, expect, it } from "vitest";
import { applierTo, NODES, registerNodes, storePayload } from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import { openWatchedDatabase, type WatchedDatabase } from "../sqlite/query-plans.fixture.ts";
import {
  AUDIT_TERMS,
  auditResult,
  challengePayload,
  heartbeatPayload,
  nodeLine,
  purchasePayload,
  sharePayload,
  userPayload,
} from "./payloads.fixture.ts";

const [A] = NODES;
const DAY = "1970-01-01";
const NOW_MS = 40 * 86_400_000;

let database: WatchedDatabase;
let apply: ReturnType<typeof applierTo>;

beforeEach(async () => {
  database = await openWatchedDatabase();
  apply = applierTo(database.read);
  await apply("user.create", userPayload("ada"));
  await apply("ledger.purchase", purchasePayload("p1"));
  await registerNodes(apply);
  await apply("audit.issue", { challenges: [challengePayload(1, A)] });
  database.forget();
});

/** A walk over a whole table, whatever helps it; the sum over all accounts is one, once in a check. */
const SCAN = /SCAN (?!ledger_accounts\b)[a-z]\w+/;
/** More than to put in order what the index has side by side. */
const SORT = /TEMP B-TREE FOR (ORDER|GROUP|DISTINCT)/;

const purge: CommandPayload<"history.purge"> = {
  ended_copies_before_ms: 9,
  absences_before_ms: 9,
  gaps_before_ms: 9,
  payment_events_before_ms: 9,
  days_before: DAY,
  limit: 9,
};
const ownerLine = { owner_id: "ada", byte_ms: "0", charged_microcredits: "5" };
const charge = { day: DAY, price_microcredits: "1", lines: [ownerLine], now_ms: NOW_MS };
const earn = { day: DAY, rate_microcredits: "1", lines: [nodeLine(A, { net_microcredits: "9" })], now_ms: NOW_MS };

it.each<[string, () => Promise<unknown>]>([
  ["owners to charge", async () => await apply("economics.charge_owners", charge)],
  ["nodes to pay", async () => await apply("economics.pay_nodes", earn)],
  [
    "a day to close",
    async () => await apply("economics.close_day", { day: DAY, owners: 0, nodes: 0, byte_ms: "0", now_ms: NOW_MS }),
  ],
  [
    "a payout",
    async () => {
      const payouts = [{ node_id: A, amount_microcredits: "1" }];
      await apply("economics.pay_out", { month: "1970-01", payouts, now_ms: NOW_MS });
    },
  ],
  [
    "audits to record",
    async () => await apply("audit.record", { now_ms: 1, terms: AUDIT_TERMS, results: [auditResult(1)] }),
  ],
  ["audits to purge", async () => await apply("audit.purge", { passed_before_ms: 9, others_before_ms: 9, limit: 9 })],
  ["history to purge", async () => await apply("history.purge", purge)],
  ["actions to purge", async () => await apply("admin.purge", { before_ms: 9, limit: 9 })],
  [
    "rights to change",
    async () => {
      await apply("user.create", userPayload("root", { role: "admin" }));
      await apply("user.set_role", { id: "ada", role: "admin" });
      await apply("user.set_disabled", { id: "ada", disabled: true, now_ms: 1 });
    },
  ],
  [
    "credits to give",
    async () => {
      const grant = { id: "g", user_id: "ada", amount_microcredits: "5", reason: "r", now_ms: 1 };
      await apply("ledger.grant", grant);
      await apply("ledger.grant", grant);
    },
  ],
  ["the ledger to check", async () => await apply("ledger.check", { after: null, account_limit: 9, entry_limit: 9 })],
  [
    "a heartbeat with absences",
    async () => await apply("node.heartbeat", heartbeatPayload(A, { absent: [{ from_ms: 1, to_ms: 2 }] })),
  ],
  [
    "a file to delete and restore",
    async () => {
      await apply("file.store", storePayload("f", null, { cost_microcredits: "5" }));
      const of = { file_id: "f", owner_id: "ada", now_ms: 1_000 };
      await apply("file.delete", { ...of, transaction_id: "t1" });
      await apply("file.restore", { ...of, transaction_id: "t2" });
    },
  ],
  [
    "links to make, use, take back and purge",
    async () => {
      await apply("file.store", storePayload("f", null));
      const ask = sharePayload("f");
      await apply("share.create", ask);
      await apply("share.use", { id: ask.id, ticket_id: "t", ticket_expires_at_ms: 9, now_ms: 1 });
      await apply("share.purge_expired", { now_ms: 9, expired_before_ms: 9, limit: 9 });
      await apply("share.revoke", { id: ask.id, owner_id: "ada" });
    },
  ],
])("%s: found along indexes, without sorting", async (_, ask) => {
  await ask();
  const seen = database.plans();
  expect(seen.length).toBeGreaterThan(0);
  for (const { text, plan } of seen) {
    expect(plan, text).not.toMatch(SCAN);
    expect(plan, text).not.toMatch(SORT);
  }
});

it("a balance is one row, and a page of an account's history begins where the last ended", async () => {
  const account = "user:ada:available";
  await database.read.selectFrom("ledger_accounts").select("balance_microcredits").where("id", "=", account).execute();
  await database.read
    .selectFrom("ledger_entries")
    .innerJoin("ledger_transactions", "ledger_transactions.id", "ledger_entries.transaction_id")
    .select(["ledger_entries.id", "kind", "amount_microcredits"])
    .where("account_id", "=", account)
    .where("ledger_entries.id", "<", 9)
    .orderBy("ledger_entries.id", "desc")
    .limit(2)
    .execute();
  const [balance, history] = database.plans();
  expect(balance!.plan).toMatch(/^SEARCH ledger_accounts USING INDEX sqlite_autoindex_ledger_accounts_1 \(id=\?\)$/);
  expect(history!.plan.split("\n")).toEqual([
    "SEARCH ledger_entries USING INDEX ledger_entries_by_account (account_id=? AND id<?)",
    "SEARCH ledger_transactions USING INDEX sqlite_autoindex_ledger_transactions_1 (id=?)",
  ]);
});
