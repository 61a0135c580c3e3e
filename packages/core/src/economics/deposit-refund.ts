import { dividedDown } from "./money-rounding.ts";

/** A deposit is for one month of storage. */
export const DEPOSIT_MS = 30 * 86_400_000;

export interface Deposit {
  /** Micro-credits. */
  readonly amount: bigint;
  /** When it was paid, milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * What is given back of a file's deposit when the file is deleted, in micro-credits:
 * `⌊deposit × max(0, 30 d − (now − paid at)) ÷ 30 d⌋`. A clock that was set back gives no more than the deposit.
 */
export function depositRefund(deposit: Deposit, nowMs: number): bigint {
  const usedMs = Math.max(0, nowMs - deposit.atMs);
  const leftMs = Math.max(0, DEPOSIT_MS - usedMs);
  return dividedDown(deposit.amount * BigInt(Math.floor(leftMs)), BigInt(DEPOSIT_MS));
}
