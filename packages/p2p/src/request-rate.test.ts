import { describe, expect, it } from "vitest";
import { RequestRateLimiter } from "./request-rate.ts";

function createLimiter(perSecond: number, burst: number) {
  const time = { nowMs: 5_000 };
  const clock = { nowMs: () => 0, monotonicMs: () => time.nowMs };
  const limiter = new RequestRateLimiter(clock, { perSecond, burst });
  const takeAll = (peer: string): number => {
    let taken = 0;
    while (taken < 10_000 && limiter.take(peer)) taken++;
    return taken;
  };
  return { time, limiter, takeAll };
}

describe("RequestRateLimiter", () => {
  it("allows a burst, then as much as time brings, and never saves up more than a burst", () => {
    const { time, takeAll } = createLimiter(10, 5);
    expect(takeAll("a")).toBe(5);
    time.nowMs += 99;
    expect(takeAll("a")).toBe(0);
    time.nowMs += 1;
    expect(takeAll("a")).toBe(1);
    time.nowMs += 250;
    expect(takeAll("a")).toBe(2);
    time.nowMs += 50;
    expect(takeAll("a")).toBe(1);
    time.nowMs += 3_600_000;
    expect(takeAll("a")).toBe(5);
  });

  it("counts each peer for itself", () => {
    const { takeAll } = createLimiter(10, 5);
    expect([takeAll("a"), takeAll("b"), takeAll("a")]).toEqual([5, 5, 0]);
  });

  it("forgets the peers it has not heard for longest, not the others", () => {
    const { limiter, takeAll } = createLimiter(10, 2);
    expect([takeAll("loud"), takeAll("quiet")]).toEqual([2, 2]);
    for (let peer = 0; peer < 4095; peer++) {
      limiter.take(`peer ${peer}`);
      limiter.take("loud");
    }
    expect([takeAll("loud"), takeAll("quiet")]).toEqual([0, 2]);
  });
});
