import type { Random } from "@commonhold/core/random.ts";

export interface BackoffLimits {
  /** Before the first repetition, on average three quarters of this. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export const BACKOFF_LIMITS: BackoffLimits = { baseMs: 200, maxMs: 5_000 };

/**
 * How long to wait after the n-th failure in a row (n ≥ 1): doubles each time up to the limit, one half of it by
 * chance, so that many clients do not come back at once.
 */
export function backoffDelayMs(failures: number, limits: BackoffLimits, random: Random): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + (random.fraction() * ceiling) / 2;
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
