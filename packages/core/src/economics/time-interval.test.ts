import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clip, difference, overlapMs, spansOf, type TimeInterval, totalMs, without } from "./time-interval.ts";

const END = 40;
const interval = fc
  .tuple(fc.integer({ min: 0, max: END }), fc.integer({ min: 0, max: END }))
  .map(([fromMs, toMs]) => ({ fromMs, toMs }));
const intervals = fc.array(interval, { maxLength: 6 });

/** Every millisecond that one of them has. */
function instants(spans: readonly TimeInterval[]): number[] {
  const all = Array.from({ length: END + 1 }, (_, atMs) => atMs);
  return all.filter((atMs) => spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs));
}

describe("spans of time", () => {
  it("have the instants of the intervals, in order and apart", () => {
    fc.assert(
      fc.property(intervals, (some) => {
        const spans = spansOf(some);
        expect(instants(spans)).toEqual(instants(some));
        expect(totalMs(spans)).toBe(instants(some).length);
        for (const [index, span] of spans.entries()) {
          expect(span.fromMs).toBeLessThan(span.toMs);
          if (index > 0) expect(spans[index - 1]!.toMs).toBeLessThan(span.fromMs);
        }
      }),
    );
  });

  it("are clipped and taken away instant by instant", () => {
    fc.assert(
      fc.property(intervals, intervals, interval, (some, others, one) => {
        const [spans, minus] = [spansOf(some), spansOf(others)];
        const taken = new Set(instants(minus));
        expect(instants(clip(spans, one))).toEqual(instants(spans).filter((atMs) => instants([one]).includes(atMs)));
        expect(overlapMs(spans, one)).toBe(totalMs(clip(spans, one)));
        expect(instants(without(one, minus))).toEqual(instants([one]).filter((atMs) => !taken.has(atMs)));
        const rest = difference(spans, minus);
        expect(instants(rest)).toEqual(instants(spans).filter((atMs) => !taken.has(atMs)));
        expect(totalMs(rest)).toBe(instants(rest).length);
      }),
    );
  });
});
