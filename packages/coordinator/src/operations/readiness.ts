import type { Logger } from "@commonhold/runtime/logger.ts";

/** Resolves when the part can do its work; throws or takes too long otherwise. */
export type ReadinessCheck = (signal: AbortSignal) => void | Promise<void>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean }>>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Runs every check at once. Why one failed stands in the log alone: anybody may ask. */
export async function checkReadiness(
  checks: Readonly<Record<string, ReadinessCheck>>,
  logger: Pick<Logger, "warn">,
): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<readonly [string, { readonly ok: boolean }]> => {
      try {
        await withinTime(check);
        return [name, { ok: true }];
      } catch (error) {
        logger.warn({ err: error, check: name }, "A readiness check failed");
        return [name, { ok: false }];
      }
    }),
  );
  return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
}

async function withinTime(check: ReadinessCheck): Promise<void> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const timeUp = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), { once: true });
  });
  await Promise.race([check(signal), timeUp]);
}
