import { type TimeInterval, type TimeSpans, totalMs, without } from "./time-interval.ts";

/** Two heartbeats further apart than so many intervals have an absence between them. */
export const ABSENT_AFTER_INTERVALS = 1.5;
/** From the last heartbeat, the node counts as present for so much of an interval more. */
const PRESENT_AFTER_INTERVALS = 0.5;

export interface HeartbeatGap {
  /** When the heartbeat before came, milliseconds since 1970; */
  readonly lastHeartbeatAtMs: number;
  /** and this one. */
  readonly nowMs: number;
  /** How long lies between them by a clock that nobody sets. */
  readonly elapsedMs: number;
  readonly intervalMs: number;
}

/**
 * The absence that a heartbeat ends: from half an interval after the one before until now, where more than 1.5 intervals
 * lie between them; else undefined. A clock that was set back in between makes it no shorter; time over which it was set
 * forward is to be taken away by the gap that the watch finds there.
 */
export function absenceBefore(gap: HeartbeatGap): TimeInterval | undefined {
  const { lastHeartbeatAtMs, nowMs, elapsedMs, intervalMs } = gap;
  if (elapsedMs <= ABSENT_AFTER_INTERVALS * intervalMs) return undefined;
  const sinceMs = Math.min(lastHeartbeatAtMs, nowMs - elapsedMs);
  return { fromMs: Math.ceil(sinceMs + PRESENT_AFTER_INTERVALS * intervalMs), toMs: nowMs };
}

export interface Silence {
  readonly lastHeartbeatAtMs: number;
  readonly nowMs: number;
  readonly intervalMs: number;
  /** When no coordinator watched. */
  readonly gaps: TimeSpans;
}

/** The absence of a node that is silent still; undefined while it is not yet overdue by the time that was watched. */
export function openAbsence({ lastHeartbeatAtMs, nowMs, intervalMs, gaps }: Silence): TimeInterval | undefined {
  const silence = { fromMs: lastHeartbeatAtMs, toMs: nowMs };
  if (totalMs(without(silence, gaps)) <= ABSENT_AFTER_INTERVALS * intervalMs) return undefined;
  return { fromMs: Math.ceil(lastHeartbeatAtMs + PRESENT_AFTER_INTERVALS * intervalMs), toMs: nowMs };
}
