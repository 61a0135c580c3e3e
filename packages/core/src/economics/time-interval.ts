/** From its first millisecond up to, and without, its last; milliseconds since 1970. Empty where it does not begin before its end. */
export interface TimeInterval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** In the order of time, none empty, none touching another. */
export type TimeSpans = readonly TimeInterval[];

export const NO_TIME: TimeSpans = [];

export function lengthMs({ fromMs, toMs }: TimeInterval): number {
  return Math.max(0, toMs - fromMs);
}

export function totalMs(spans: TimeSpans): number {
  return spans.reduce((sum, span) => sum + lengthMs(span), 0);
}

export function intersection(a: TimeInterval, b: TimeInterval): TimeInterval {
  return { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) };
}

/** Any intervals as spans: sorted, those that meet made one. */
export function spansOf(intervals: readonly TimeInterval[]): TimeSpans {
  const spans: TimeInterval[] = [];
  const sorted = intervals.filter((interval) => lengthMs(interval) > 0).toSorted((a, b) => a.fromMs - b.fromMs);
  for (const interval of sorted) {
    const last = spans.at(-1);
    if (last !== undefined && interval.fromMs <= last.toMs) {
      spans[spans.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, interval.toMs) };
    } else spans.push(interval);
  }
  return spans;
}

/** How much of the spans lies within the interval. */
export function overlapMs(spans: TimeSpans, { fromMs, toMs }: TimeInterval): number {
  let sum = 0;
  for (const span of spans) {
    const length = Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs);
    if (length > 0) sum += length;
  }
  return sum;
}

/** What of the spans lies within the interval. */
export function clip(spans: TimeSpans, within: TimeInterval): TimeSpans {
  return spans.map((span) => intersection(span, within)).filter((span) => lengthMs(span) > 0);
}

/** What of an interval is in none of the spans. */
export function without(interval: TimeInterval, spans: TimeSpans): TimeSpans {
  const rest: TimeInterval[] = [];
  let { fromMs } = interval;
  for (const span of spans) {
    if (span.toMs <= fromMs) continue;
    if (span.fromMs >= interval.toMs) break;
    if (span.fromMs > fromMs) rest.push({ fromMs, toMs: span.fromMs });
    fromMs = span.toMs;
  }
  if (fromMs < interval.toMs) rest.push({ fromMs, toMs: interval.toMs });
  return rest;
}

/** What of the spans is in none of the others. */
export function difference(spans: TimeSpans, others: TimeSpans): TimeSpans {
  return others.length === 0 ? spans : spans.flatMap((span) => without(span, others));
}
