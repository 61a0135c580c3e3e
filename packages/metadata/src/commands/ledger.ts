import { AppError } from "@commonhold/core/app-error.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { Insertable, Transaction } from "kysely";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";

/** Where welcome grants come from: its balance is what was given away, below zero. */
export const WELCOME_ACCOUNT = "system:welcome";
/** Where credits come from that admins give, likewise. */
export const GRANTS_ACCOUNT = "system:grants";
/** What owners are charged goes in here, and what nodes earn comes out. */
export const STORAGE_ACCOUNT = "system:storage";
/** What nodes had earned that were disqualified before it was paid out. */
export const FORFEITED_ACCOUNT = "system:forfeited";

/** Where credits bought through a provider come from. */
export const paymentsAccount = (provider: string): string => `system:payments:${provider}`;
/** What a user can spend. */
export const availableAccount = (userId: string): string => `user:${userId}:available`;
/** What is set aside for uploads under way. */
export const reservedAccount = (userId: string): string => `user:${userId}:reserved`;
/** What was paid in advance for files: each day is charged to it first. */
export const prepaidAccount = (userId: string): string => `user:${userId}:prepaid`;
/** Below zero: so much is owed. */
export const debtAccount = (userId: string): string => `debt:${userId}`;
/** What a node has earned and was not paid. */
export const pendingAccount = (nodeId: string): string => `node:${nodeId}:pending`;

/** A balance within this much of zero can take one more entry without leaving 64 bits. */
const BALANCE_MAGNITUDE_MAX = 8_000_000_000_000_000_000n;
/** Those that cannot fall below zero. */
const GUARDED_ACCOUNT = /^(user|node):/;
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
 * @throws AppError INSUFFICIENT_CREDITS when a `user:` or `node:` account would fall below zero; then throw the whole command
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

export interface Movement {
  readonly transactionId: string;
  readonly kind: string;
  readonly description: string;
  readonly reference: string;
  readonly nowMs: number;
  /** Those of zero are left out. */
  readonly entries: readonly LedgerEntry[];
}

/** As `postTransaction`; where nothing moves it leaves no trace. */
export async function postMovement(tx: Transaction<Tables>, movement: Movement): Promise<void> {
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
  const isGuardedDebit = amount < 0n && GUARDED_ACCOUNT.test(account_id);
  const lowest = isGuardedDebit ? -amount : -BALANCE_MAGNITUDE_MAX;
  const add = isGuardedDebit ? addToKnownAccount : addToAccount;
  if ((await add(tx, { account_id, amount, lowest, highest: BALANCE_MAGNITUDE_MAX })) > 0n) return;
  if (isGuardedDebit) throw await insufficientCredits(tx, account_id, -amount);
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

const balancesOf = prepareQuery((tx, accounts: { readonly ids: readonly string[] }) =>
  tx.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).where("id", "in", accounts.ids),
);

/** Of accounts in their order; 0 for one that never had an entry. */
export async function readBalances<const Ids extends readonly string[]>(
  tx: Transaction<Tables>,
  ids: Ids,
): Promise<{ readonly [Index in keyof Ids]: bigint }> {
  const rows = await balancesOf(tx, { ids });
  const byId = new Map(rows.map((row) => [row.id, row.balance_microcredits]));
  return ids.map((id) => byId.get(id) ?? 0n) as { readonly [Index in keyof Ids]: bigint };
}
