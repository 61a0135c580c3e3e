/*
 * Rounding, once for all of the economy, always in whole micro-credits: who owes pays a part of one as a whole
 * (`dividedUp`), who is owed is paid none for it (`dividedDown`). So what is paid out never exceeds what was charged.
 */

/** The quotient of a number that is not negative, rounded down. */
export function dividedDown(dividend: bigint, divisor: bigint): bigint {
  return dividend / divisor;
}

/** The quotient of a number that is not negative, rounded up. */
export function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
