import type { Transaction } from "kysely";
import { sql } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { payloadOf } from "./payload-fields.ts";

const AccountId = Type.String({ minLength: 1, maxLength: 256 });

/**
 * Adds up entries of accounts that came since they were checked last and compares the sums with the balances; a step of
 * a walk over all accounts in the order of their ids. Where a sum and a balance differ both are kept as they are.
 * @returns `next`: the account to go on after, null at the end; then `total_microcredits` is the sum of all balances,
 *   which should be zero
 */
export const checkLedger = defineCommand({
  name: "ledger.check",
  payload: payloadOf({
    /** Accounts above this one; null: from the first. */
    after: Type.Union([Type.Null(), AccountId]),
    account_limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
    /** So many new entries are added up at most; an account with more is gone on with in the next step. */
    entry_limit: Type.Integer({ minimum: 1, maximum: 100_000 }),
  }),
  apply: async (tx, p) => {
    const accounts = await tx
      .selectFrom("ledger_accounts")
      .selectAll()
      .where("id", ">", p.after ?? "")
      .orderBy("id")
      .limit(p.account_limit)
      .execute();
    const mismatches: Mismatch[] = [];
    let left = p.entry_limit;
    let next = p.after;
    let checked = 0;
    for (const account of accounts) {
      const step = await addUp(tx, account, left);
      left -= step.added;
      if (!step.isWhole) return { checked, mismatches, next, is_done: false, total_microcredits: null };
      if (step.sum !== account.balance_microcredits) {
        mismatches.push({
          account_id: account.id,
          balance_microcredits: account.balance_microcredits.toString(),
          entries_microcredits: step.sum.toString(),
        });
      }
      checked += 1;
      next = account.id;
    }
    const isDone = accounts.length < p.account_limit;
    const total = isDone ? (await totalOf(tx)).toString() : null;
    return { checked, mismatches, next, is_done: isDone, total_microcredits: total };
  },
});

type Mismatch = {
  readonly account_id: string;
  readonly balance_microcredits: string;
  readonly entries_microcredits: string;
};

interface CheckedAccount {
  readonly id: string;
  readonly checked_entry_id: number;
  readonly checked_balance_microcredits: bigint;
}

const entriesSince = prepareQuery(
  (tx, since: { readonly accountId: string; readonly after: number; readonly limit: number }) =>
    tx
      .selectFrom("ledger_entries")
      .select(["id", "amount_microcredits"])
      .where("account_id", "=", since.accountId)
      .where("id", ">", since.after)
      .orderBy("id")
      .limit(since.limit),
);

const noteChecked = prepareChange(
  (tx, checked: { readonly accountId: string; readonly entryId: number; readonly sum: bigint }) =>
    tx
      .updateTable("ledger_accounts")
      .set({ checked_entry_id: checked.entryId, checked_balance_microcredits: checked.sum })
      .where("id", "=", checked.accountId),
);

async function addUp(tx: Transaction<Tables>, account: CheckedAccount, limit: number) {
  const after = account.checked_entry_id;
  const entries = await entriesSince(tx, { accountId: account.id, after, limit: limit + 1 });
  const added = entries.slice(0, limit);
  const last = added.at(-1);
  const sum = added.reduce((total, entry) => total + entry.amount_microcredits, account.checked_balance_microcredits);
  if (last !== undefined) await noteChecked(tx, { accountId: account.id, entryId: last.id, sum });
  return { sum, added: added.length, isWhole: entries.length === added.length };
}

async function totalOf(tx: Transaction<Tables>): Promise<bigint> {
  const { rows } = await sql<{ sum_microcredits: bigint | null }>`
    select sum(balance_microcredits) as sum_microcredits from ledger_accounts`.execute(tx);
  return BigInt(rows[0]?.sum_microcredits ?? 0n);
}
