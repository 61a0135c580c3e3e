import { formatCredits } from "@commonhold/core/credits.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";

const BYTES_PER_GB = 1_000_000_000n;

/** Byte-milliseconds as GB (10⁹ bytes) kept for a day, with at most six decimals, rounded down. */
export function gbDaysText(byteMs: bigint): string {
  return formatCredits((byteMs * 1_000_000n) / (BYTES_PER_GB * BigInt(DAY_MS)));
}
