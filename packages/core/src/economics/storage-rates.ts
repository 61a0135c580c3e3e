import { dividedDown, dividedUp } from "./money-rounding.ts";

/** Byte-milliseconds in a GB (10⁹ bytes) and month (30 days). */
export const BYTE_MS_PER_GB_MONTH = 1_000_000_000n * 86_400_000n * 30n;

/**
 * What an owner owes for a day, in micro-credits: `⌈byte-ms × price ÷ (10⁹ × 86,400,000 × 30)⌉`.
 * @param price micro-credits for a GB and month
 */
export function ownerCharge(byteMs: bigint, price: bigint): bigint {
  return dividedUp(byteMs * price, BYTE_MS_PER_GB_MONTH);
}

/**
 * What a node is paid for a day before penalties, in micro-credits: `⌊byte-ms × rate ÷ (10⁹ × 86,400,000 × 30)⌋`. Where
 * the rate is no higher than the price and the bytes of all nodes are those of all owners, all nodes together are never
 * paid more than all owners were charged.
 * @param rate micro-credits for a GB and month
 */
export function grossEarnings(byteMs: bigint, rate: bigint): bigint {
  return dividedDown(byteMs * rate, BYTE_MS_PER_GB_MONTH);
}
