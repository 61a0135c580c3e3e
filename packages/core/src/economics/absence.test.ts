import { describe, expect, it } from "vitest";
import { absenceBefore, openAbsence } from "./absence.ts";

const INTERVAL_MS = 30_000;
const NOW_MS = 1_000_000_000;

describe("absenceBefore", () => {
  const between = (elapsedMs: number, setByMs = 0) =>
    absenceBefore({
      lastHeartbeatAtMs: NOW_MS - elapsedMs - setByMs,
      nowMs: NOW_MS,
      elapsedMs,
      intervalMs: INTERVAL_MS,
    });

  it("is none where heartbeats are at most 1.5 intervals apart, whatever the clock says", () => {
    for (const elapsedMs of [0, 30_000, 45_000]) {
      for (const setByMs of [0, 3_600_000, -3_600_000]) expect(between(elapsedMs, setByMs)).toBeUndefined();
    }
  });

  it("begins half an interval after the heartbeat before", () => {
    expect(between(45_001)).toEqual({ fromMs: NOW_MS - 30_001, toMs: NOW_MS });
  });

  it("is no shorter where the clock was set", () => {
    expect(between(100_000, -50_000)).toEqual({ fromMs: NOW_MS - 85_000, toMs: NOW_MS });
    expect(between(100_000, 50_000)).toEqual({ fromMs: NOW_MS - 135_000, toMs: NOW_MS });
  });
});

describe("openAbsence", () => {
  const silence = (silentMs: number, gaps: readonly { fromMs: number; toMs: number }[] = []) =>
    openAbsence({ lastHeartbeatAtMs: NOW_MS - silentMs, nowMs: NOW_MS, intervalMs: INTERVAL_MS, gaps });

  it("is none for a node whose heartbeat may still come", () => {
    expect(silence(45_000)).toBeUndefined();
    expect(silence(-5_000)).toBeUndefined();
  });

  it("begins half an interval after the last heartbeat", () => {
    expect(silence(45_001)).toEqual({ fromMs: NOW_MS - 30_001, toMs: NOW_MS });
  });

  it("does not count silence while nobody watched", () => {
    const gap = { fromMs: NOW_MS - 590_000, toMs: NOW_MS - 20_000 };
    expect(silence(600_000, [gap])).toBeUndefined();
    expect(silence(600_000, [{ ...gap, toMs: NOW_MS - 35_001 }])).toEqual({ fromMs: NOW_MS - 585_000, toMs: NOW_MS });
  });
});
