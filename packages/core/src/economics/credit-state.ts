import { DAY_MS } from "./utc-day.ts";

/**
 * ok · low: less than a week's storage is left · in_grace: debt, and everything goes on for a while · stopped: no new
 * uploads until the debt is paid. Nothing is ever deleted for want of credits.
 */
export type CreditState = "ok" | "low" | "in_grace" | "stopped";

/** Days that the credits must last for, or they are low. */
export const LOW_DAYS = 7n;

export interface CreditFigures {
  /** Micro-credits. */
  readonly available: bigint;
  /** Micro-credits deposited for files; days are paid from here first. */
  readonly prepaid: bigint;
  /** Micro-credits of the last day that was charged. */
  readonly lastDayCharge: bigint;
  /** Since when there is debt, milliseconds since 1970; undefined where there is none. */
  readonly arrearsSinceMs: number | undefined;
}

export interface CreditTerms {
  readonly nowMs: number;
  readonly graceMs: number;
}

export function creditStateOf(figures: CreditFigures, terms: CreditTerms): CreditState {
  if (figures.arrearsSinceMs !== undefined) {
    return terms.nowMs < uploadsStopAtMs(figures.arrearsSinceMs, terms.graceMs) ? "in_grace" : "stopped";
  }
  return figures.available + figures.prepaid < LOW_DAYS * figures.lastDayCharge ? "low" : "ok";
}

/** When new uploads are refused, where the debt is not paid by then. */
export function uploadsStopAtMs(arrearsSinceMs: number, graceMs: number): number {
  return arrearsSinceMs + graceMs;
}

/**
 * Until when the credits last if every day costs as much as the last one that was charged, milliseconds since 1970; now where
 * there is debt; undefined where nothing is charged, or where it is longer than can be counted.
 */
export function creditsLastUntilMs(figures: CreditFigures, nowMs: number): number | undefined {
  if (figures.arrearsSinceMs !== undefined) return nowMs;
  if (figures.lastDayCharge === 0n) return undefined;
  const lastMs = ((figures.available + figures.prepaid) * BigInt(DAY_MS)) / figures.lastDayCharge;
  return lastMs > LASTING_MS_MAX ? undefined : nowMs + Number(lastMs);
}

/** A thousand years. */
const LASTING_MS_MAX = 1000n * 365n * BigInt(DAY_MS);
