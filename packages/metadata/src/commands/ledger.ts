import { AppError } from "@commonhold/core/app-error.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import { type Insertable, sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";
import { requireUser } from "./require-user.ts";

/** Where welcome grants come from: its balance is what was given away, below zero. */
export const WELCOME_ACCOUNT = "system:welcome";
/** What storage costs is paid in here. */
const STORAGE_ACCOUNT = "system:storage";

/** Where credits bought through a provider come from. */
const paymentsAccount = (provider: string): string => `system:payments:${provider}`;
export const availableAccount = (userId: string): string => `user:${userId}:available`;
export const reservedAccount = (userId: string): string => `user:${userId}:reserved`;

/** A balance within this much of zero can take one more entry without leaving 64 bits. */
const BALANCE_MAGNITUDE_MAX = 8_000_000_000_000_000_000n;
const ENTRY_MAGNITUDE_MAX = 1_000_000_000_000_000_000n;

export interface LedgerEntry {
  readonly account_id: string;
  /** Micro-credits; positive: the account gains. */
  readonly amount: bigint;
}

export interface LedgerTransaction {
  readonly id: string;
  readonly kind: string;
  readonly description: string;
  /** What it is about: an upload, a file, a payment; text id. */
  readonly reference: string;
  readonly created_at_ms: number;
  /** One per account; they add up to zero. */
  readonly entries: readonly LedgerEntry[];
}

const insertTransaction = prepareChange((tx, header: Insertable<Tables["ledger_transactions"]>) =>
  tx.insertInto("ledger_transactions").values(header),
);

const insertEntries = prepareChange(
  (
    tx,
    entries: {
      readonly transactionId: string;
      readonly accountIds: readonly string[];
      readonly amounts: readonly bigint[];
    },
  ) =>
    tx.insertInto("ledger_entries").values(
      entries.accountIds.map((account_id, index) => ({
        transaction_id: entries.transactionId,
        account_id,
        amount_microcredits: entries.amounts[index]!,
      })),
    ),
);

/**
 * Moves credits between accounts, which come to be with their first entry.
 * @throws AppError INSUFFICIENT_CREDITS when a `user:` account would fall below zero; then throw the whole command
 *   away, as part of the entries may have been booked
 */
export async function postTransaction(tx: Transaction<Tables>, transaction: LedgerTransaction): Promise<void> {
  const { entries, ...header } = transaction;
  assertBalanced(transaction);
  await insertTransaction(tx, header);
  // Where several coordinators write, the same order of accounts everywhere keeps them from waiting on each other.
  for (const entry of entries.toSorted((a, b) => (a.account_id < b.account_id ? -1 : 1))) await book(tx, entry);
  await insertEntries(tx, {
    transactionId: transaction.id,
    accountIds: entries.map((entry) => entry.account_id),
    amounts: entries.map((entry) => entry.amount),
  });
}

export interface CreditsMove {
  readonly transactionId: string;
  readonly userId: string;
  /** Micro-credits, not negative; zero moves nothing and leaves no trace. */
  readonly amount: bigint;
  readonly description: string;
  readonly reference: string;
  readonly nowMs: number;
}

/**
 * Sets a user's available credits aside.
 * @throws AppError INSUFFICIENT_CREDITS
 */
export async function reserveCredits(tx: Transaction<Tables>, move: CreditsMove): Promise<void> {
  assertNotNegative(move);
  const entries = [
    { account_id: availableAccount(move.userId), amount: -move.amount },
    { account_id: reservedAccount(move.userId), amount: move.amount },
  ];
  await postMovement(tx, { ...move, kind: "reserve", entries });
}

/**
 * Gives reserved credits back to the user.
 * @throws AppError INSUFFICIENT_CREDITS when less is reserved
 */
export async function releaseCredits(tx: Transaction<Tables>, move: CreditsMove): Promise<void> {
  assertNotNegative(move);
  const entries = [
    { account_id: reservedAccount(move.userId), amount: -move.amount },
    { account_id: availableAccount(move.userId), amount: move.amount },
  ];
  await postMovement(tx, { ...move, kind: "release", entries });
}

export interface Settlement extends Omit<CreditsMove, "amount"> {
  /** All that was reserved for it. */
  readonly reserved: bigint;
  /** At most `reserved`; the rest goes back to the user. */
  readonly cost: bigint;
}

/**
 * Pays storage out of a reservation and gives back what is left of it.
 * @throws AppError INSUFFICIENT_CREDITS when less is reserved
 */
export async function settleCredits(tx: Transaction<Tables>, settlement: Settlement): Promise<void> {
  const { reserved, cost, userId } = settlement;
  if (cost < 0n || cost > reserved) throw new RangeError(`a cost of ${cost} cannot be paid out of ${reserved}`);
  const entries = [
    { account_id: reservedAccount(userId), amount: -reserved },
    { account_id: STORAGE_ACCOUNT, amount: cost },
    { account_id: availableAccount(userId), amount: reserved - cost },
  ];
  await postMovement(tx, { ...settlement, kind: "settle", entries });
}

/**
 * Pays storage out of a user's available credits, where nothing was reserved for it.
 * @throws AppError INSUFFICIENT_CREDITS
 */
export async function chargeCredits(tx: Transaction<Tables>, move: CreditsMove): Promise<void> {
  assertNotNegative(move);
  const entries = [
    { account_id: availableAccount(move.userId), amount: -move.amount },
    { account_id: STORAGE_ACCOUNT, amount: move.amount },
  ];
  await postMovement(tx, { ...move, kind: "settle", entries });
}

/**
 * Books bought credits, once per payment.
 * @throws AppError NOT_FOUND for an unknown user, INVALID_REQUEST when the payment was booked for another user or amount
 */
export const purchaseCredits = defineCommand({
  name: "ledger.purchase",
  payload: payloadOf({
    /** Of the ledger transaction. */
    id: Id,
    user_id: Id,
    amount_microcredits: MicroCredits,
    /** The provider's own name of the payment. */
    payment_id: Type.String({ minLength: 1, maxLength: 256 }),
    provider: Type.String({ pattern: "^[a-z0-9_-]{1,64}$" }),
    description: Type.String({ maxLength: 512 }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const amount = BigInt(p.amount_microcredits);
    if (amount === 0n) throw new AppError("INVALID_REQUEST", "a purchase of no credits cannot be booked");
    await requireUser(tx, p.user_id);
    const account = availableAccount(p.user_id);
    const booked = await findPurchase(tx, p.payment_id);
    if (booked !== undefined) {
      if (booked.account_id !== account || booked.amount_microcredits !== amount) {
        throw new AppError(
          "INVALID_REQUEST",
          `payment ${p.payment_id} was booked before with another amount or for another account: use a new payment id`,
        );
      }
      return { transaction_id: booked.transaction_id, repeated: true };
    }
    await postTransaction(tx, {
      id: p.id,
      kind: "purchase",
      description: p.description,
      reference: p.payment_id,
      created_at_ms: p.now_ms,
      entries: [
        { account_id: paymentsAccount(p.provider), amount: -amount },
        { account_id: account, amount },
      ],
    });
    return { transaction_id: p.id, repeated: false };
  },
});

async function findPurchase(tx: Transaction<Tables>, paymentId: string) {
  return await tx
    .selectFrom("ledger_transactions")
    .innerJoin("ledger_entries", "ledger_entries.transaction_id", "ledger_transactions.id")
    .select(["ledger_entries.transaction_id", "ledger_entries.account_id", "ledger_entries.amount_microcredits"])
    // A literal: a planner must see it to take the index of payments.
    .where("ledger_transactions.kind", "=", sql.lit("purchase"))
    .where("ledger_transactions.reference", "=", paymentId)
    .where("ledger_entries.amount_microcredits", ">", 0n)
    .executeTakeFirst();
}

function assertNotNegative({ transactionId, amount }: CreditsMove): void {
  if (amount < 0n) throw new RangeError(`ledger transaction ${transactionId} would move ${amount}: less than nothing`);
}

interface Movement extends Omit<CreditsMove, "amount"> {
  readonly kind: string;
  /** Those of zero are left out. */
  readonly entries: readonly LedgerEntry[];
}

async function postMovement(tx: Transaction<Tables>, movement: Movement): Promise<void> {
  const entries = movement.entries.filter((entry) => entry.amount !== 0n);
  if (entries.length === 0) return;
  await postTransaction(tx, {
    id: movement.transactionId,
    kind: movement.kind,
    description: movement.description,
    reference: movement.reference,
    created_at_ms: movement.nowMs,
    entries,
  });
}

function assertBalanced({ id, entries }: LedgerTransaction): void {
  const sum = entries.reduce((total, { amount }) => total + amount, 0n);
  const accounts = new Set(entries.map((entry) => entry.account_id));
  const fits = entries.every(({ amount }) => amount >= -ENTRY_MAGNITUDE_MAX && amount <= ENTRY_MAGNITUDE_MAX);
  if (sum !== 0n || entries.length < 2 || accounts.size !== entries.length || !fits) {
    throw new RangeError(`ledger transaction ${id} is not balanced: ${entries.length} entries add up to ${sum}`);
  }
}

type Booking = {
  readonly account_id: string;
  readonly amount: bigint;
  /** Of the balance before, as `highest`. */
  readonly lowest: bigint;
  readonly highest: bigint;
};

const addToKnownAccount = prepareChange((tx, booking: Booking) =>
  tx
    .updateTable("ledger_accounts")
    .set((eb) => ({ balance_microcredits: eb("balance_microcredits", "+", booking.amount) }))
    .where("id", "=", booking.account_id)
    .where("balance_microcredits", ">=", booking.lowest)
    .where("balance_microcredits", "<=", booking.highest),
);

const addToAccount = prepareChange((tx, booking: Booking) =>
  tx
    .insertInto("ledger_accounts")
    .values({ id: booking.account_id, balance_microcredits: booking.amount })
    .onConflict((oc) =>
      oc
        .column("id")
        .doUpdateSet((eb) => ({
          balance_microcredits: eb("ledger_accounts.balance_microcredits", "+", booking.amount),
        }))
        .where("ledger_accounts.balance_microcredits", ">=", booking.lowest)
        .where("ledger_accounts.balance_microcredits", "<=", booking.highest),
    ),
);

/** Adds the amount in one statement that checks the balance as it is then, so no update is lost. */
async function book(tx: Transaction<Tables>, { account_id, amount }: LedgerEntry): Promise<void> {
  const isUserDebit = amount < 0n && account_id.startsWith("user:");
  const lowest = isUserDebit ? -amount : -BALANCE_MAGNITUDE_MAX;
  const add = isUserDebit ? addToKnownAccount : addToAccount;
  if ((await add(tx, { account_id, amount, lowest, highest: BALANCE_MAGNITUDE_MAX })) > 0n) return;
  if (isUserDebit) throw await insufficientCredits(tx, account_id, -amount);
  throw new AppError("INVALID_REQUEST", `account ${account_id} would hold more credits than can be counted`);
}

async function insufficientCredits(tx: Transaction<Tables>, accountId: string, required: bigint): Promise<AppError> {
  const account = await tx
    .selectFrom("ledger_accounts")
    .select("balance_microcredits")
    .where("id", "=", accountId)
    .executeTakeFirst();
  const details = { required: formatCredits(required), available: formatCredits(account?.balance_microcredits ?? 0n) };
  return new AppError(
    "INSUFFICIENT_CREDITS",
    `this needs ${details.required} credits and the account has ${details.available}: buy credits with ` +
      'POST /api/v1/auth/credits/purchase {"amount_usd": …}',
    { details },
  );
}
