import { hasCode } from "@commonhold/core/app-error.ts";
import { utcDayOf, utcMonthOf } from "@commonhold/core/economics/utc-day.ts";
import fc from "fast-check";
import { sql } from "kysely";
import { expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import {
  AUDIT_TERMS,
  auditResult,
  challengePayload,
  hashOf,
  nodeLine,
  purchasePayload,
  uploadPayload,
  userPayload,
} from "./payloads.fixture.ts";

const DAY_MS = 86_400_000;
const OWNERS = ["bea", "cid"] as const;
const WORKERS = NODES.slice(0, 2);
/** Files, uploads and payments that the operations are about. */
const SLOTS = 2;

const operation = fc.record({
  kind: fc.constantFrom(
    ...([
      "purchase",
      "initiate",
      "extend",
      "abort",
      "complete",
      "store",
      "delete",
      "restore",
      "redundancy",
      "purge",
      "charge",
      "earn",
      "payOut",
      "disqualify",
      "unban",
      "check",
    ] as const),
  ),
  owner: fc.constantFrom(...OWNERS),
  slot: fc.integer({ min: 0, max: SLOTS - 1 }),
  amount: fc.integer({ min: 0, max: 400 }),
  copies: fc.integer({ min: 1, max: 6 }),
  nodeId: fc.constantFrom(...WORKERS),
  laterMs: fc.integer({ min: 0, max: 12 * DAY_MS }),
  isRepeated: fc.boolean(),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

interface Moment {
  readonly nowMs: number;
  readonly step: number;
}

/** What the operation asks for; asked again it is the very same. */
async function perform({ apply }: InProcessMetadata, op: Operation, { nowMs, step }: Moment): Promise<unknown> {
  const upload = `u${op.slot}-${op.owner}`;
  const file = { file_id: `file-${upload}`, owner_id: op.owner };
  const move = { transaction_id: `t${step}`, now_ms: nowMs };
  const amount = `${op.amount}`;
  const day = utcDayOf(nowMs - (1 + op.slot) * DAY_MS);
  switch (op.kind) {
    case "purchase":
      return await apply("ledger.purchase", {
        ...purchasePayload(`pay-${step}`, { user_id: op.owner, amount_microcredits: amount, now_ms: nowMs }),
      });
    case "initiate":
      return await apply("upload.initiate", {
        ...uploadPayload(upload, { owner_id: op.owner, reserve_microcredits: amount, chunk_count: 0 }),
        ...move,
        expires_at_ms: nowMs + 9_000 * DAY_MS,
      });
    case "extend":
      return await apply("upload.extend_reservation", { upload_id: upload, additional_microcredits: amount, ...move });
    case "abort":
      return await apply("upload.abort", { upload_id: upload, ...move });
    case "complete": {
      const sums = { size_bytes: 0, chunk_count: 0, content_id: hashOf(0) };
      return await apply("upload.complete", {
        upload_id: upload,
        folder_ids: [],
        ...sums,
        cost_microcredits: amount,
        ...move,
      });
    }
    case "store": {
      const size = { size_bytes: 1_000_000_000, copies: op.copies };
      return await apply(
        "file.store",
        storePayload(file.file_id, null, { ...file, ...size, cost_microcredits: amount, ...move }),
      );
    }
    case "delete":
      return await apply("file.delete", { ...file, ...move });
    case "restore":
      return await apply("file.restore", { ...file, ...move });
    case "redundancy": {
      const price = { microcredits_per_gb_month: amount, priority: null, copies: op.copies };
      return await apply("file.set_redundancy", { ...file, ...price, ...move });
    }
    case "purge":
      return await apply("file.purge", { file_id: file.file_id, deleted_before_ms: nowMs, chunk_limit: 9 });
    case "charge": {
      const line = { owner_id: op.owner, byte_ms: op.copies === 1 ? "0" : "9", charged_microcredits: amount };
      return await apply("economics.charge_owners", { day, price_microcredits: "1", lines: [line], now_ms: nowMs });
    }
    case "earn": {
      const lines = [nodeLine(op.nodeId, { net_microcredits: amount })];
      return await apply("economics.pay_nodes", { day, rate_microcredits: "1", lines, now_ms: nowMs });
    }
    case "payOut": {
      const payouts = [{ node_id: op.nodeId, amount_microcredits: amount }];
      const month = utcMonthOf(utcDayOf(nowMs - (31 + op.slot) * DAY_MS));
      return await apply("economics.pay_out", { month, payouts, now_ms: nowMs });
    }
    case "disqualify": {
      const chunk_names = Array.from({ length: 20 }, (_, index) => chunkNameOf(index));
      const seeds = [0, 1, 2].map((index) => 10 * step + index);
      await apply("audit.issue", {
        challenges: seeds.map((seed) => challengePayload(seed, op.nodeId, { chunk_names })),
      });
      const outcomes = chunk_names.map(() => "wrong" as const);
      const results = seeds.map((seed) => auditResult(seed, { outcomes }));
      return await apply("audit.record", { now_ms: nowMs, terms: AUDIT_TERMS, results });
    }
    case "unban":
      return await apply("node.unban", { id: op.nodeId });
    case "check":
      return await apply("ledger.check", { after: null, account_limit: 3, entry_limit: 5 });
  }
}

/** What a command may refuse here. */
const REFUSALS = ["INSUFFICIENT_CREDITS", "FILE_NOT_FOUND", "UPLOAD_NOT_FOUND", "UPLOAD_ENDED", "CONCURRENT_CHANGE"];

async function outcomeOf(metadata: InProcessMetadata, op: Operation, moment: Moment): Promise<"applied" | "refused"> {
  try {
    await perform(metadata, op, moment);
    return "applied";
  } catch (error) {
    // What is there already cannot be made once more.
    const isTaken = error instanceof Error && /UNIQUE constraint/.test(`${error.message} ${String(error.cause)}`);
    const isNothing = op.kind === "purchase" && op.amount === 0 && hasCode(error, "INVALID_REQUEST");
    if (!isTaken && !isNothing && !REFUSALS.some((code) => hasCode(error, code as never))) throw error;
    return "refused";
  }
}

async function balancesOf({ read }: InProcessMetadata): Promise<ReadonlyMap<string, bigint>> {
  const rows = await read.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).orderBy("id").execute();
  return new Map(rows.map((row) => [row.id, row.balance_microcredits]));
}

async function expectSound(metadata: InProcessMetadata): Promise<void> {
  const balances = await balancesOf(metadata);
  const { rows } = await sql<{ account_id: string; sum_microcredits: bigint }>`
    SELECT account_id, sum(amount_microcredits) AS sum_microcredits FROM ledger_entries GROUP BY account_id
  `.execute(metadata.read);
  expect(new Map(rows.map((row) => [row.account_id, row.sum_microcredits]))).toEqual(balances);
  expect([...balances.values()].reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
  for (const [account, balance] of balances) {
    if (/^(user|node):|^system:forfeited/.test(account)) expect(balance >= 0n, account).toBe(true);
    if (account.startsWith("debt:")) expect(balance <= 0n, account).toBe(true);
  }
  const users = await metadata.read.selectFrom("users").select(["id", "arrears_since_ms"]).execute();
  for (const { id, arrears_since_ms } of users) {
    expect(arrears_since_ms === null, id).toBe((balances.get(`debt:${id}`) ?? 0n) === 0n);
  }
  const uploads = await metadata.read.selectFrom("uploads").select(["owner_id", "reserved_microcredits"]).execute();
  for (const owner of OWNERS) {
    const open = uploads.filter((row) => row.owner_id === owner);
    const reserved = open.reduce((sum, row) => sum + row.reserved_microcredits, 0n);
    expect(balances.get(`user:${owner}:reserved`) ?? 0n).toBe(reserved);
  }
}

/** That what was charged, earned and paid is what the lines say. */
async function expectBooked({ read }: InProcessMetadata, balances: ReadonlyMap<string, bigint>): Promise<void> {
  const owners = await read.selectFrom("owner_days").select("charged_microcredits").execute();
  const nodes = await read.selectFrom("node_days").select(["node_id", "net_microcredits"]).execute();
  const payouts = await read.selectFrom("node_payouts").select("amount_microcredits").execute();
  const charged = owners.reduce((sum, row) => sum + row.charged_microcredits, 0n);
  const earned = nodes.reduce((sum, row) => sum + row.net_microcredits, 0n);
  const paid = payouts.reduce((sum, row) => sum + row.amount_microcredits, 0n);
  const pending = WORKERS.reduce((sum, id) => sum + (balances.get(`node:${id}:pending`) ?? 0n), 0n);
  expect(balances.get("system:storage") ?? 0n).toBe(charged - earned);
  expect(earned).toBe(paid + pending + (balances.get("system:forfeited") ?? 0n));
}

it("no credit comes from nothing or is lost, whatever is done in whatever order, once or twice", async () => {
  const applied = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40, size: "max" }), async (operations) => {
      const metadata = await openInProcessMetadata();
      for (const owner of OWNERS) {
        await metadata.apply("user.create", userPayload(owner, { welcome_microcredits: "1000" }));
      }
      // So that nodes work for who also stores.
      await metadata.read.updateTable("nodes").set({ operator_id: OWNERS[0] }).where("id", "=", WORKERS[0]!).execute();
      let nowMs = 400 * DAY_MS;
      for (const [step, op] of operations.entries()) {
        nowMs += op.laterMs;
        const before = await balancesOf(metadata);
        const outcome = await outcomeOf(metadata, op, { nowMs, step });
        if (outcome === "applied") applied.add(op.kind);
        const after = await balancesOf(metadata);
        if (outcome === "refused") expect(after).toEqual(before);
        await expectSound(metadata);
        if (!op.isRepeated) continue;
        await outcomeOf(metadata, op, { nowMs, step });
        expect(await balancesOf(metadata), `${op.kind} again`).toEqual(after);
      }
      await expectBooked(metadata, await balancesOf(metadata));
    }),
    { numRuns: 60 },
  );
  expect([...applied].toSorted()).toEqual([
    "abort",
    "charge",
    "check",
    "complete",
    "delete",
    "disqualify",
    "earn",
    "extend",
    "initiate",
    "payOut",
    "purchase",
    "purge",
    "redundancy",
    "restore",
    "store",
    "unban",
  ]);
});
