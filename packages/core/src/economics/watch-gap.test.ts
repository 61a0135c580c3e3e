import { describe, expect, it } from "vitest";
import { watchGap } from "./watch-gap.ts";

const intervalMs = 60_000;
const tick = (nowMs: number, elapsedMs: number | undefined) =>
  watchGap({ watchedUntilMs: 1_000_000, nowMs, elapsedMs, intervalMs });

describe("watchGap", () => {
  it("is none from tick to tick, also where one is a little late", () => {
    expect(tick(1_060_000, 60_000)).toBeUndefined();
    expect(tick(1_090_000, 90_000)).toBeUndefined();
  });

  it("is all the time since another process watched", () => {
    expect(tick(1_000_005, undefined)).toEqual({ fromMs: 1_000_000, toMs: 1_000_005 });
  });

  it("is the time in which the process stood still", () => {
    expect(tick(1_200_000, 200_000)).toEqual({ fromMs: 1_000_000, toMs: 1_200_000 });
  });

  it("is the time over which the clock was set forward", () => {
    expect(tick(1_120_000, 60_000)).toEqual({ fromMs: 1_000_000, toMs: 1_120_000 });
    expect(tick(1_065_000, 60_000)).toBeUndefined();
  });

  it("is none where the clock was set back", () => {
    expect(tick(900_000, 60_000)).toBeUndefined();
    expect(tick(1_000_000, undefined)).toBeUndefined();
  });
});
