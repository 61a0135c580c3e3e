import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeartbeatHistory } from "./phi-accrual.ts";

const INTERVAL_MS = 30_000;
const SUSPECT_PHI = 8;
const ROUNDING = 1e-12;

/** A history in which a heartbeat came after each of these waits; the last of them at `lastAtMs`. */
function historyOf(waits: readonly number[], options: { startMs?: number; window?: number } = {}): HeartbeatHistory {
  const { startMs = 0, window } = options;
  const history = new HeartbeatHistory({ intervalMs: INTERVAL_MS, ...(window !== undefined && { window }) });
  let atMs = startMs;
  history.observe(atMs);
  for (const wait of waits) history.observe((atMs += wait));
  return history;
}

const regular = (count: number): number[] => Array.from({ length: count }, () => INTERVAL_MS);

/** After how much silence phi reaches the threshold. */
function suspectAfterMs(history: HeartbeatHistory): number {
  const lastAtMs = history.lastAtMs!;
  let [low, high] = [0, 100 * INTERVAL_MS];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (history.phi(lastAtMs + middle) < SUSPECT_PHI) low = middle;
    else high = middle;
  }
  return high;
}

describe("HeartbeatHistory", () => {
  it("suspects nobody before the first heartbeat", () => {
    const history = new HeartbeatHistory({ intervalMs: INTERVAL_MS });
    expect(history.phi(1e12)).toBe(0);
    expect(history.silenceMs(1e12)).toBe(0);
    expect(history.lastAtMs).toBeUndefined();
  });

  it("knows the chance by the normal distribution: at the mean it is one half", () => {
    const history = historyOf(regular(20), { startMs: -5e6 });
    expect(history.phi(history.lastAtMs! + INTERVAL_MS)).toBeCloseTo(-Math.log10(0.5), 9);
    expect(history.phi(history.lastAtMs! + 1.25 * INTERVAL_MS)).toBeCloseTo(-Math.log10(0.158655253931457), 7);
  });

  it("lets a regular node miss one heartbeat, and suspects it before it misses two", () => {
    for (const history of [historyOf([]), historyOf(regular(3)), historyOf(regular(500))]) {
      expect(suspectAfterMs(history)).toBeGreaterThan(2.1 * INTERVAL_MS);
      expect(suspectAfterMs(history)).toBeLessThan(3 * INTERVAL_MS);
    }
  });

  it("gives a node that is often late more time", () => {
    const late = Array.from({ length: 100 }, (_, i) => (i % 4 === 0 ? 3 * INTERVAL_MS : INTERVAL_MS));
    expect(suspectAfterMs(historyOf(late))).toBeGreaterThan(5 * INTERVAL_MS);
  });

  it("reckons mean and deviation over the window only", () => {
    const history = historyOf([...regular(50).map((wait) => 3 * wait), ...regular(10)], { window: 10 });
    expect(suspectAfterMs(history)).toBe(suspectAfterMs(historyOf(regular(10))));
    const half = historyOf([...regular(50).map((wait) => 3 * wait), ...regular(5)], { window: 10 });
    const [mean, deviation] = [2 * INTERVAL_MS, INTERVAL_MS];
    expect(suspectAfterMs(half)).toBeCloseTo(mean + 5.61200124417479 * deviation, -1);
  });

  it("forgets an absence: it was no interval", () => {
    const returned = historyOf([...regular(20), 50 * INTERVAL_MS, ...regular(1)]);
    expect(suspectAfterMs(returned)).toBe(suspectAfterMs(historyOf(regular(21))));
  });

  it("does not become jumpy by reports that come early", () => {
    const anyWaits = fc.array(fc.double({ min: 0, max: 5 * INTERVAL_MS, noNaN: true }), { maxLength: 120 });
    fc.assert(
      fc.property(anyWaits, (waits) => {
        expect(suspectAfterMs(historyOf(waits))).toBeGreaterThanOrEqual(suspectAfterMs(historyOf([])) - 1);
      }),
    );
    const early = regular(60).flatMap((wait) => [100, wait - 100, wait]);
    expect(suspectAfterMs(historyOf(early))).toBe(suspectAfterMs(historyOf(regular(60))));
  });

  it("never falls in silence, and is never negative or no number, whatever was heard and whenever it is asked", () => {
    const anyTime = fc.double({ min: -1e15, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(anyTime, { maxLength: 50 }),
        anyTime,
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        (times, now, wait) => {
          const history = new HeartbeatHistory({ intervalMs: INTERVAL_MS });
          for (const time of times) history.observe(time);
          const before = history.phi(now);
          const after = history.phi(now + wait);
          expect(before).toBeGreaterThanOrEqual(0);
          expect(after).toBeGreaterThanOrEqual(before - ROUNDING);
          // Intervals of once and six times the usual, the latter one in seven, give the most: phi 0.078.
          expect(history.phi(history.lastAtMs ?? now)).toBeLessThan(0.08);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("does not depend on where the clock starts", () => {
    const waits = [31_000, 29_000, 45_000, 30_500];
    const [early, late] = [historyOf(waits), historyOf(waits, { startMs: 1e9 })];
    expect(late.phi(late.lastAtMs! + 60_000)).toBe(early.phi(early.lastAtMs! + 60_000));
  });

  it("takes a heartbeat from before the last one as nothing new", () => {
    const history = historyOf(regular(2));
    history.observe(0);
    expect(history.lastAtMs).toBe(2 * INTERVAL_MS);
  });
});
