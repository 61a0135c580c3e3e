import type { TimeInterval } from "./time-interval.ts";

/** A tick that is late by more than so much of its interval was not watched. */
const LATE_BY_INTERVALS = 0.5;

/** A coordinator notes at every tick that it has watched since the one before. */
export interface WatchTick {
  /** Until when it was watched so far, milliseconds since 1970. */
  readonly watchedUntilMs: number;
  readonly nowMs: number;
  /** Since the tick before, by a clock that nobody sets; undefined for a process's first tick. */
  readonly elapsedMs: number | undefined;
  /** From tick to tick. */
  readonly intervalMs: number;
}

/**
 * The time before a tick in which no coordinator watched: none ran, or it stood still, or the clock was set forward over
 * it. Nobody is blamed for it. Undefined where there is none.
 */
export function watchGap({ watchedUntilMs, nowMs, elapsedMs, intervalMs }: WatchTick): TimeInterval | undefined {
  if (nowMs <= watchedUntilMs) return undefined;
  const gap = { fromMs: watchedUntilMs, toMs: nowMs };
  if (elapsedMs === undefined) return gap;
  const tolerableMs = LATE_BY_INTERVALS * intervalMs;
  const stoodStill = elapsedMs > intervalMs + tolerableMs;
  const wasSetForward = nowMs - watchedUntilMs - elapsedMs > tolerableMs;
  return stoodStill || wasSetForward ? gap : undefined;
}
