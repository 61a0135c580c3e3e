import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import { backoffDelayMs, sleep } from "./backoff.ts";
import { withSignal } from "./http-attempt.ts";
import { isTransient, retryAfterMsOf } from "./http-error.ts";
import type { HttpTransport } from "./http-transport.ts";

/** Of an upload of which nothing gets through. */
export const STALL_LIMIT_MS = 120_000;
/**
 * Where too few nodes answered: about a dozen seconds, in which one that restarts is back and one that failed has had
 * its rest.
 */
const TRIES_FOR_NODES_MAX = 8;

export interface PersistDeps {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}

export type OptionalSignal = { readonly signal?: AbortSignal };

export interface PersistOptions {
  readonly signal: AbortSignal | undefined;
  readonly stallLimitMs: number;
  /** When something last got through, by the monotonic clock. */
  readonly lastProgressMs: () => number;
  readonly onRetry: ((error: AppError) => void) | undefined;
  /** What is thrown where nothing has got through for too long. */
  readonly stalled: (cause: AppError) => AppError;
}

/** Tries until it works, fails for good, or nothing has got through for too long. */
export async function persist<T>(
  { clock, random, transport }: PersistDeps,
  send: (signal: OptionalSignal) => Promise<T>,
  { signal, stallLimitMs, lastProgressMs, onRetry, stalled }: PersistOptions,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await send(withSignal(signal));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AppError) || !mayPass(error, failures)) throw error;
      if (clock.monotonicMs() - lastProgressMs() >= stallLimitMs) throw stalled(error);
      onRetry?.(error);
      const delayMs = Math.max(retryAfterMsOf(error), backoffDelayMs(failures, transport.backoff, random));
      await sleep(Math.min(delayMs, stallLimitMs), signal);
    }
  }
}

function mayPass(error: AppError, failures: number): boolean {
  return error.code === "NOT_ENOUGH_NODES" ? failures < TRIES_FOR_NODES_MAX : isTransient(error);
}
