import { AppError } from "./app-error.ts";

/** Credits are counted in whole millionths: no float ever touches a balance. */
export const MICRO_PER_CREDIT = 1_000_000n;

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

/** "12.5" → 12_500_000n. At most 12 digits before the point and 6 after it. */
export function parseCredits(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) {
    throw new AppError("INVALID_REQUEST", `"${text}" is no amount: give digits, with at most 6 after the point`);
  }
  return BigInt(match[1]!) * MICRO_PER_CREDIT + BigInt((match[2] ?? "").padEnd(6, "0"));
}

/** 12_500_000n → "12.5". */
export function formatCredits(microCredits: bigint): string {
  const sign = microCredits < 0n ? "-" : "";
  const amount = microCredits < 0n ? -microCredits : microCredits;
  const fraction = (amount % MICRO_PER_CREDIT).toString().padStart(6, "0").replace(/0+$/, "");
  return `${sign}${amount / MICRO_PER_CREDIT}${fraction === "" ? "" : `.${fraction}`}`;
}
