/** A process that lived this long was well: earlier failures no longer count. */
const WELL_MS = 60_000;
const DELAY_MS_MIN = 500;
const DELAY_MS_MAX = 30_000;
const FAILURES_MAX = 8;

export interface RestartPolicy {
  /** How long to wait before the next start after a process that lived so long; undefined to give up. */
  next(livedMs: number): number | undefined;
}

/** Waits that double from half a second up to half a minute; after eight failures in a row it gives up. */
export function createRestartPolicy(): RestartPolicy {
  let failures = 0;
  return {
    next(livedMs) {
      failures = livedMs >= WELL_MS ? 1 : failures + 1;
      return failures > FAILURES_MAX ? undefined : Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** (failures - 1));
    },
  };
}
