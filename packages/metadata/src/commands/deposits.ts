import { formatCredits } from "@commonhold/core/credits.ts";
import { depositRefund } from "@commonhold/core/economics/deposit-refund.ts";
import type { Transaction } from "kysely";
import type { Tables } from "../tables.ts";
import { prepayCredits } from "./credit-moves.ts";
import { availableAccount, postMovement, prepaidAccount, readBalances } from "./ledger.ts";

/** What was paid in advance for a file. */
export interface FileDeposit {
  readonly deposit_microcredits: bigint;
  readonly deposit_at_ms: number | null;
}

export interface DepositMove {
  readonly transactionId: string;
  /** Or a folder's. */
  readonly fileId: string;
  readonly ownerId: string;
  readonly nowMs: number;
}

/** What the days that are left of a deposit are worth. */
export function depositLeft(file: FileDeposit, nowMs: number): bigint {
  if (file.deposit_at_ms === null) return 0n;
  return depositRefund({ amount: file.deposit_microcredits, atMs: file.deposit_at_ms }, nowMs);
}

/**
 * Gives back what is left of the deposits of files, as far as it is not used up otherwise.
 * @param move.what their name, or that of what they were in
 * @returns how much
 */
export async function refundDeposits(
  tx: Transaction<Tables>,
  files: readonly FileDeposit[],
  move: DepositMove & { readonly what: string },
): Promise<bigint> {
  const left = files.reduce((sum, file) => sum + depositLeft(file, move.nowMs), 0n);
  if (left === 0n) return 0n;
  const [prepaid] = await readBalances(tx, [prepaidAccount(move.ownerId)]);
  const refund = left < prepaid ? left : prepaid;
  await postMovement(tx, {
    transactionId: move.transactionId,
    kind: "refund",
    description: `Given back: what was prepaid for ${move.what}, which was deleted (${formatCredits(refund)} credits)`,
    reference: move.fileId,
    nowMs: move.nowMs,
    entries: [
      { account_id: prepaidAccount(move.ownerId), amount: -refund },
      { account_id: availableAccount(move.ownerId), amount: refund },
    ],
  });
  return refund;
}

/**
 * Takes the deposits of files that come back once more.
 * @throws AppError INSUFFICIENT_CREDITS
 */
export async function renewDeposits(
  tx: Transaction<Tables>,
  amount: bigint,
  move: DepositMove & { readonly what: string },
): Promise<void> {
  await prepayCredits(tx, {
    transactionId: move.transactionId,
    userId: move.ownerId,
    amount,
    description: `Storing ${move.what} again, for a month (${formatCredits(amount)} credits)`,
    reference: move.fileId,
    nowMs: move.nowMs,
  });
}
