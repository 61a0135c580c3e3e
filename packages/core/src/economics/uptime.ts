import type { Share } from "./node-earnings.ts";
import {
  clip,
  difference,
  intersection,
  type TimeInterval,
  type TimeSpans,
  totalMs,
  without,
} from "./time-interval.ts";

export interface Attendance {
  readonly joinedAtMs: number;
  readonly absences: TimeSpans;
  /** When no coordinator watched. */
  readonly gaps: TimeSpans;
}

/**
 * How long a node was online of how long it was observed, in milliseconds: uptime is
 * `1 − absences ÷ (day − gaps)`, over the part of the day since it joined.
 */
export function uptimeOf(day: TimeInterval, { joinedAtMs, absences, gaps }: Attendance): Share {
  const member = intersection(day, { fromMs: joinedAtMs, toMs: day.toMs });
  const observed = without(member, gaps);
  const all = totalMs(observed);
  return { good: all - totalMs(difference(clip(absences, member), gaps)), all };
}
