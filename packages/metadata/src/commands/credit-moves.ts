import type { Transaction } from "kysely";
import type { Tables } from "../tables.ts";
import { availableAccount, postMovement, prepaidAccount, reservedAccount } from "./ledger.ts";

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
 * Prepays storage out of a reservation and gives back what is left of it.
 * @throws AppError INSUFFICIENT_CREDITS when less is reserved
 */
export async function settleCredits(tx: Transaction<Tables>, settlement: Settlement): Promise<void> {
  const { reserved, cost, userId } = settlement;
  if (cost < 0n || cost > reserved) throw new RangeError(`a cost of ${cost} cannot be paid out of ${reserved}`);
  const entries = [
    { account_id: reservedAccount(userId), amount: -reserved },
    { account_id: prepaidAccount(userId), amount: cost },
    { account_id: availableAccount(userId), amount: reserved - cost },
  ];
  await postMovement(tx, { ...settlement, kind: "settle", entries });
}

/**
 * Prepays storage out of a user's available credits, where nothing was reserved for it.
 * @throws AppError INSUFFICIENT_CREDITS
 */
export async function prepayCredits(tx: Transaction<Tables>, move: CreditsMove): Promise<void> {
  assertNotNegative(move);
  const entries = [
    { account_id: availableAccount(move.userId), amount: -move.amount },
    { account_id: prepaidAccount(move.userId), amount: move.amount },
  ];
  await postMovement(tx, { ...move, kind: "settle", entries });
}

function assertNotNegative({ transactionId, amount }: CreditsMove): void {
  if (amount < 0n) throw new RangeError(`ledger transaction ${transactionId} would move ${amount}: less than nothing`);
}
