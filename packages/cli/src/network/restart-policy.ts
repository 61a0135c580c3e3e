/** A process that lived this long was well: earlier failures no longer count. */
const WELL_MS = 60_000;
const DELAY_MS_MIN = 500;
const DELAY_MS_MAX = 60_000;
/** From then on the delay is the greatest anyway. */
const DOUBLINGS_MAX = 10;

export interface Restart {
  /** How long to wait before the next start. */
  readonly delayMs: number;
  /** In a row, this one included. */
  readonly failures: number;
}

export interface RestartPolicy {
  /** What to do after a process that lived so long. */
  next(livedMs: number): Restart;
}

/** Waits that double from half a second up to a minute, for as long as it takes: a disk may come back after days. */
export function createRestartPolicy(): RestartPolicy {
  let failures = 0;
  return {
    next(livedMs) {
      failures = livedMs >= WELL_MS ? 1 : failures + 1;
      const delayMs = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
      return { delayMs, failures };
    },
  };
}
