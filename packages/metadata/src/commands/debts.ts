import type { Transaction } from "kysely";
import type { Tables } from "../tables.ts";
import { availableAccount, debtAccount, type Movement, postMovement, readBalances } from "./ledger.ts";

export interface Gain extends Omit<Movement, "entries"> {
  readonly userId: string;
  /** Where it comes from. */
  readonly from: string;
  /** Micro-credits, not negative. */
  readonly amount: bigint;
}

/** Books what a user gains: first against what is owed, the rest can be spent. */
export async function gainCredits(tx: Transaction<Tables>, { userId, from, amount, ...movement }: Gain): Promise<void> {
  const [debt] = await readBalances(tx, [debtAccount(userId)]);
  const repaid = -debt < amount ? -debt : amount;
  const entries = [
    { account_id: from, amount: -amount },
    { account_id: debtAccount(userId), amount: repaid },
    { account_id: availableAccount(userId), amount: amount - repaid },
  ];
  await postMovement(tx, { ...movement, entries });
  if (repaid > 0n && repaid === -debt) await endArrears(tx, userId);
}

/** @returns whether they began now */
export async function beginArrears(tx: Transaction<Tables>, userId: string, nowMs: number): Promise<boolean> {
  const begun = await tx
    .updateTable("users")
    .set({ arrears_since_ms: nowMs })
    .where("id", "=", userId)
    .where("arrears_since_ms", "is", null)
    .executeTakeFirstOrThrow();
  return begun.numUpdatedRows > 0n;
}

export async function endArrears(tx: Transaction<Tables>, userId: string): Promise<void> {
  await tx.updateTable("users").set({ arrears_since_ms: null }).where("id", "=", userId).execute();
}
