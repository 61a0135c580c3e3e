import { AppError } from "@commonhold/core/app-error.ts";

const DECIMAL = /^(0|[1-9]\d{0,9})(?:\.(\d{1,2}))?$/;

/**
 * Dollars as a person or a program writes them, as whole cents. A number is read by its shortest decimal text, so
 * that no arithmetic is done in binary fractions: 10.1 is 1010 cents, and 0.1 + 0.2 is refused.
 * @throws AppError INVALID_REQUEST for what is not positive, has more than two decimals, or is no plain decimal
 */
export function parseUsdCents(amount: number | string): number {
  const text = String(amount);
  const match = DECIMAL.exec(text);
  const cents = match === null ? Number.NaN : Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  if (!(cents > 0)) {
    const shown = text.length <= 40 ? text : `${text.slice(0, 40)}…`;
    throw new AppError(
      "INVALID_REQUEST",
      `amount_usd is ${JSON.stringify(shown)}: give a positive amount in dollars with at most two decimals, such as 10 or "2.50"`,
      { details: { in: "body", field: "amount_usd" } },
    );
  }
  return cents;
}

/** 1010 → "10.10". */
export function formatUsd(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}
