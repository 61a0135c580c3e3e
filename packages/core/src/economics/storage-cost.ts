import { dividedUp } from "./money-rounding.ts";

const BYTES_PER_GB = 1_000_000_000n;

export interface StorageTerms {
  /** Micro-credits for one GB (10⁹ bytes) of one copy for one month. */
  readonly microCreditsPerGbMonth: bigint;
}

/**
 * What it costs to keep `sizeBytes` in `copies` copies for one month, rounded up to a whole micro-credit so that
 * bytes are never kept for nothing.
 */
export function monthlyStorageCost(sizeBytes: bigint, copies: number, terms: StorageTerms): bigint {
  return dividedUp(sizeBytes * BigInt(copies) * terms.microCreditsPerGbMonth, BYTES_PER_GB);
}
