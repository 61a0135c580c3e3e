import type { PurchaseProgress } from "@commonhold/client/credits.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ErrorCode } from "@commonhold/core/error-codes.ts";

const PAUSE_MS_MIN = 2000;
const PAUSE_MS_MAX = 15_000;
const PAUSE_GROWTH = 1.2;
const FAILURES_MAX = 5;

/** What may be over at the next look. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "COORDINATOR_UNREACHABLE",
  "OVERLOADED",
  "PAYMENT_UNAVAILABLE",
  "SHUTTING_DOWN",
  "TIMEOUT",
  "TOO_MANY_REQUESTS",
]);

export interface WaitForPaymentDeps {
  readonly progress: () => Promise<PurchaseProgress>;
  /** Resolves early when the wait is given up. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Looks at a purchase, less and less often, until the person has paid or no longer can. To give the wait up does not end
 * the purchase.
 * @throws AppError what `progress` throws, where it does not pass
 */
export async function waitForPayment(
  { progress, sleep }: WaitForPaymentDeps,
  signal: AbortSignal,
): Promise<PurchaseProgress> {
  let failures = 0;
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MS_MAX)) {
    await sleep(pauseMs);
    signal.throwIfAborted();
    try {
      const purchase = await progress();
      if (purchase.status !== "pending") return purchase;
      failures = 0;
    } catch (error) {
      if (!(error instanceof AppError) || !PASSING.has(error.code) || ++failures >= FAILURES_MAX) throw error;
    }
  }
}
