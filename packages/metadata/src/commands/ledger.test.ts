import { hasCode } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { type Kysely, sql, type Transaction } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { applyTo, openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { Tables } from "../tables.ts";
import { releaseCredits, reserveCredits, settleCredits } from "./credit-moves.ts";
import { type LedgerEntry, postTransaction } from "./ledger.ts";
import { purchasePayload, userPayload } from "./payloads.fixture.ts";
import { purchaseCredits } from "./purchases.ts";
import { createUser } from "./users.ts";

const USERS = ["ada", "bea"] as const;

let db: Kysely<Tables>;

beforeEach(async () => {
  db = await openMemoryDatabase();
  for (const id of USERS) await applyTo(db, createUser, userPayload(id));
});

const within = async <Result>(change: (tx: Transaction<Tables>) => Promise<Result>): Promise<Result> =>
  await db.transaction().execute(change);
const balances = async (): Promise<Record<string, bigint>> =>
  Object.fromEntries(
    (await db.selectFrom("ledger_accounts").selectAll().orderBy("id").execute()).map((row) => [
      row.id,
      row.balance_microcredits,
    ]),
  );
const post = async (id: string, entries: readonly LedgerEntry[]) =>
  await within(async (tx) => {
    await postTransaction(tx, { id, kind: "test", description: "", reference: "", created_at_ms: 0, entries });
  });
const move = (id: string, amount: bigint, userId: string = "ada") => ({
  transactionId: id,
  userId,
  amount,
  description: "a test",
  reference: "upload-1",
  nowMs: 3,
});

describe("postTransaction", () => {
  it.each<[string, readonly LedgerEntry[]]>([
    [
      "entries that do not add up to zero",
      [
        { account_id: "system:a", amount: 1n },
        { account_id: "system:b", amount: -2n },
      ],
    ],
    ["no entries", []],
    [
      "an account twice",
      [
        { account_id: "system:a", amount: 1n },
        { account_id: "system:a", amount: -1n },
      ],
    ],
    [
      "more than can be counted",
      [
        { account_id: "system:a", amount: 10n ** 19n },
        { account_id: "system:b", amount: -(10n ** 19n) },
      ],
    ],
  ])("takes %s for a bug", async (_case, entries) => {
    await expect(post("t1", entries)).rejects.toThrow(RangeError);
    expect(await db.selectFrom("ledger_transactions").selectAll().execute()).toEqual([]);
  });

  it("says what is missing when a user cannot pay, and books nothing", async () => {
    await applyTo(db, purchaseCredits, purchasePayload("p1", { amount_microcredits: "2500000" }));
    const before = await balances();
    await expect(within(async (tx) => await reserveCredits(tx, move("t1", 2_500_001n)))).rejects.toMatchObject({
      code: "INSUFFICIENT_CREDITS",
      message: expect.stringMatching(/2\.500001 credits .* has 2\.5: buy credits/),
      details: { required: "2.500001", available: "2.5" },
    });
    expect(await balances()).toEqual(before);
    await within(async (tx) => await reserveCredits(tx, move("t1", 2_500_000n)));
  });

  it("says 0 available for a user who never had credits", async () => {
    await expect(within(async (tx) => await reserveCredits(tx, move("t1", 1n, "bea")))).rejects.toMatchObject({
      details: { required: "0.000001", available: "0" },
    });
  });

  it("lets no balance leave what 64 bits can count", async () => {
    const most = 10n ** 18n;
    const entries = [
      { account_id: "system:a", amount: -most },
      { account_id: "node:n1:pending", amount: most },
    ];
    const posted = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => post(`t${index}`, entries)));
    const kept = BigInt(posted.filter((result) => result.status === "fulfilled").length);
    expect(kept).toBe(9n);
    expect(await balances()).toEqual({ "node:n1:pending": kept * most, "system:a": -kept * most });
    const refused = posted.find((result) => result.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "INVALID_REQUEST" });
  });
});

describe("reservations", () => {
  beforeEach(async () => {
    await applyTo(db, purchaseCredits, purchasePayload("p1", { amount_microcredits: "100" }));
  });

  it("are settled at their cost, and the rest goes back", async () => {
    await within(async (tx) => await reserveCredits(tx, move("t1", 60n)));
    expect(await balances()).toMatchObject({ "user:ada:available": 40n, "user:ada:reserved": 60n });
    const { amount: reserved, ...settlement } = move("t2", 60n);
    await within(async (tx) => await settleCredits(tx, { ...settlement, reserved, cost: 45n }));
    expect(await balances()).toEqual({
      "system:payments:local": -100n,
      "user:ada:available": 55n,
      "user:ada:prepaid": 45n,
      "user:ada:reserved": 0n,
    });
    const entries = await db.selectFrom("ledger_entries").select("id").where("transaction_id", "=", "t2").execute();
    expect(entries).toHaveLength(3);
  });

  it("are released whole", async () => {
    await within(async (tx) => await reserveCredits(tx, move("t1", 60n)));
    await within(async (tx) => await releaseCredits(tx, move("t2", 60n)));
    expect(await balances()).toMatchObject({ "user:ada:available": 100n, "user:ada:reserved": 0n });
  });

  it("of nothing leave no trace", async () => {
    const before = await db.selectFrom("ledger_transactions").select("id").execute();
    const { amount: _amount, ...settlement } = move("t3", 0n);
    await within(async (tx) => {
      await reserveCredits(tx, move("t1", 0n));
      await releaseCredits(tx, move("t2", 0n));
      await settleCredits(tx, { ...settlement, reserved: 0n, cost: 0n });
    });
    expect(await db.selectFrom("ledger_transactions").select("id").execute()).toEqual(before);
  });

  it("cannot move less than nothing", async () => {
    for (const change of [reserveCredits, releaseCredits]) {
      await expect(within(async (tx) => await change(tx, move("t1", -1n)))).rejects.toThrow(RangeError);
    }
  });

  it("cannot pay more than they hold", async () => {
    const { amount: _amount, ...settlement } = move("t2", 0n);
    const settle = within(async (tx) => await settleCredits(tx, { ...settlement, reserved: 5n, cost: 6n }));
    await expect(settle).rejects.toThrow(RangeError);
    await expect(within(async (tx) => await releaseCredits(tx, move("t3", 1n)))).rejects.toMatchObject({
      code: "INSUFFICIENT_CREDITS",
    });
  });
});

describe("ledger.purchase", () => {
  it("books a payment once", async () => {
    const first = await applyTo(db, purchaseCredits, purchasePayload("p1"));
    const again = await applyTo(db, purchaseCredits, purchasePayload("p1", { id: "another" }));
    expect([first, again]).toEqual([
      { transaction_id: "purchase-p1", repeated: false },
      { transaction_id: "purchase-p1", repeated: true },
    ]);
    expect(await balances()).toEqual({ "system:payments:local": -1_000_000n, "user:ada:available": 1_000_000n });
  });

  it.each([
    ["another user", { user_id: "bea" }],
    ["another amount", { amount_microcredits: "2" }],
  ])("refuses a payment that was booked for %s", async (_case, difference) => {
    await applyTo(db, purchaseCredits, purchasePayload("p1"));
    const other = purchasePayload("p1", { id: "another", ...difference });
    await expect(applyTo(db, purchaseCredits, other)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("needs a user and an amount", async () => {
    const unknown = purchasePayload("p1", { user_id: "nobody" });
    await expect(applyTo(db, purchaseCredits, unknown)).rejects.toMatchObject({ code: "NOT_FOUND" });
    for (const amount_microcredits of ["0", "-5", "1.5", "1e3", "01"]) {
      const wrong = purchasePayload("p1", { amount_microcredits });
      await expect(applyTo(db, purchaseCredits, wrong)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    }
  });
});

describe("any sequence of movements", () => {
  const amount = fc.bigInt({ min: 0n, max: 50n });
  const user = fc.constantFrom(...USERS);
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("purchase" as const), user, amount: fc.bigInt({ min: 1n, max: 100n }) }),
    fc.record({ kind: fc.constant("reserve" as const), user, amount }),
    fc.record({ kind: fc.constant("release" as const), user, amount }),
    fc.record({ kind: fc.constant("settle" as const), user, amount, cost: amount }),
  );
  type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

  const applyOperation = async (id: string, operation_: Operation): Promise<void> => {
    const { kind } = operation_;
    const moved = move(id, operation_.amount, operation_.user);
    if (kind === "purchase") {
      const amount_microcredits = operation_.amount.toString();
      await applyTo(db, purchaseCredits, purchasePayload(id, { user_id: operation_.user, amount_microcredits }));
    } else if (kind === "settle") {
      const { amount: reserved, ...settlement } = moved;
      const cost = operation_.cost < reserved ? operation_.cost : reserved;
      await within(async (tx) => await settleCredits(tx, { ...settlement, reserved, cost }));
    } else {
      const change = kind === "reserve" ? reserveCredits : releaseCredits;
      await within(async (tx) => await change(tx, moved));
    }
  };

  /** What the ledger should hold, kept in the simplest way: null where the operation must be refused. */
  const expectAfter = (model: ReadonlyMap<string, bigint>, op: Operation): ReadonlyMap<string, bigint> | null => {
    const next = new Map(model);
    const add = (account: string, change: bigint) => next.set(account, (next.get(account) ?? 0n) + change);
    const [available, reserved] = [`user:${op.user}:available`, `user:${op.user}:reserved`];
    if (op.kind === "purchase") add("system:payments:local", -op.amount);
    if (op.kind !== "purchase") add(reserved, op.kind === "reserve" ? op.amount : -op.amount);
    if (op.kind === "settle") {
      const cost = op.cost < op.amount ? op.cost : op.amount;
      add(`user:${op.user}:prepaid`, cost);
      add(available, op.amount - cost);
    } else {
      add(available, op.kind === "reserve" ? -op.amount : op.amount);
    }
    return (next.get(available) ?? 0n) < 0n || (next.get(reserved) ?? 0n) < 0n ? null : next;
  };

  it("conserves credits, keeps cached balances right and no user below zero", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        db = await openMemoryDatabase();
        for (const id of USERS) await applyTo(db, createUser, userPayload(id));
        let model: ReadonlyMap<string, bigint> = new Map();
        for (const [index, op] of operations.entries()) {
          const expected = expectAfter(model, op);
          const outcome = await applyOperation(`t${index}`, op).then(
            () => "applied",
            (error: unknown) => (hasCode(error, "INSUFFICIENT_CREDITS") ? "refused" : error),
          );
          expect(outcome).toBe(expected === null ? "refused" : "applied");
          model = expected ?? model;
        }
        const held = await balances();
        for (const [account, balance] of model) expect(held[account] ?? 0n).toBe(balance);
        const { rows } = await sql<{ account_id: string; sum_microcredits: bigint }>`
          SELECT account_id, sum(amount_microcredits) AS sum_microcredits FROM ledger_entries GROUP BY account_id
        `.execute(db);
        const recomputed = Object.fromEntries(rows.map((row) => [row.account_id, row.sum_microcredits]));
        for (const [account, balance] of Object.entries(held)) expect(recomputed[account] ?? 0n).toBe(balance);
        expect(Object.values(recomputed).reduce((sum, value) => sum + value, 0n)).toBe(0n);
        const users = Object.entries(held).filter(([account]) => account.startsWith("user:"));
        expect(users.every(([, balance]) => balance >= 0n)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
