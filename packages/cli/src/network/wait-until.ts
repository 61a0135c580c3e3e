import { setTimeout as wait } from "node:timers/promises";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";

const POLL_MS = 100;

/**
 * Asks again and again until the answer is yes.
 * @throws AppError TIMEOUT that says what was waited for
 */
export async function waitUntil(
  deps: { readonly clock: Clock },
  what: { readonly condition: () => Promise<boolean>; readonly described: string },
  options: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const endMs = deps.clock.monotonicMs() + options.limitMs;
  while (!(await what.condition())) {
    if (deps.clock.monotonicMs() > endMs) {
      throw new AppError("TIMEOUT", `${what.described} did not happen within ${options.limitMs / 1000} s`);
    }
    await wait(POLL_MS, undefined, { signal: options.signal });
  }
}
