import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { fixedRandom } from "../testing/fixed-random.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SteppedSleep } from "../testing/stepped-sleep.ts";
import type { ScrubState } from "./scrub.ts";
import { ScrubSchedule } from "./scrub-schedule.ts";

const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

interface Scene {
  readonly intervalDays?: number;
  readonly chance?: number;
  readonly nextAtMs?: number;
  readonly isInterrupted?: boolean;
}

/** A schedule over a scrub whose passes take no time. */
function sceneOf({ intervalDays = 30, chance = 0.5, nextAtMs, isInterrupted = false }: Scene) {
  const clock = new ManualClock();
  const pause = new SteppedSleep();
  const passes: number[] = [];
  let fails = false;
  const scrub = {
    state: { nextAtMs } as ScrubState,
    isInterrupted,
    start: () => undefined,
    resume: () => {
      passes.push(clock.nowMs());
      scrub.isInterrupted = fails;
    },
    plan: async (atMs: number | undefined) => {
      scrub.state = { nextAtMs: atMs } as ScrubState;
    },
    finished: async () => undefined,
  };
  const schedule = new ScrubSchedule(
    { scrub, sleep: pause.sleep, clock, random: fixedRandom(chance) },
    { intervalDays },
  );
  onTestFinished(() => schedule.stop());
  return {
    clock,
    pause,
    passes,
    scrub,
    schedule,
    failFromNowOn: (yes: boolean) => {
      fails = yes;
    },
    /** Lets as much time go by as the schedule asks to wait, until it has begun `count` passes. */
    async untilPasses(count: number) {
      while (passes.length < count) {
        await eventually(() => pause.isAsleep || passes.length >= count).toBe(true);
        if (passes.length >= count) break;
        const { length } = pause.asked;
        clock.advance(pause.asked.at(-1)!);
        pause.wake();
        await eventually(() => pause.asked.length > length || passes.length >= count).toBe(true);
      }
    },
  };
}

describe("the schedule of scrubs", () => {
  it.each([
    [0, 27],
    [0.5, 30],
    [1, 33],
  ])(
    "begins a new node's first pass somewhere in the interval (chance %s), the next %s days later",
    async (chance, days) => {
      const { clock, passes, schedule, untilPasses } = sceneOf({ chance });
      const startedAtMs = clock.nowMs();
      schedule.start();
      await untilPasses(2);
      expect(passes[0]! - startedAtMs).toBe(30 * DAY_MS * chance);
      expect(passes[1]! - passes[0]!).toBe(days * DAY_MS);
    },
  );

  it("keeps to what was planned before a restart, and makes up for what was missed", async () => {
    const planned = Date.UTC(2026, 0, 3);
    const { passes, schedule, untilPasses } = sceneOf({ nextAtMs: planned });
    schedule.start();
    await untilPasses(1);
    expect(passes).toEqual([planned]);

    const missed = sceneOf({ nextAtMs: Date.UTC(2025, 11, 1) });
    missed.schedule.start();
    await eventually(() => missed.passes.length).toBe(1);
  });

  it("plans anew where the interval is shorter now, or the clock was set back", async () => {
    const { clock, passes, schedule, untilPasses } = sceneOf({ intervalDays: 1, nextAtMs: Date.UTC(2026, 0, 30) });
    const startedAtMs = clock.nowMs();
    schedule.start();
    await untilPasses(1);
    expect(passes[0]! - startedAtMs).toBe(DAY_MS / 2);
  });

  it("never waits longer than an hour at a time", async () => {
    const { pause, schedule, untilPasses } = sceneOf({ intervalDays: 365 });
    schedule.start();
    await untilPasses(1);
    expect(Math.max(...pause.asked)).toBe(HOUR_MS);
  });

  it("goes on with a pass that was broken off soon after the start, also where none is planned", async () => {
    for (const intervalDays of [0, 30]) {
      const { clock, passes, schedule, untilPasses } = sceneOf({ intervalDays, isInterrupted: true, chance: 0.25 });
      const startedAtMs = clock.nowMs();
      schedule.start();
      await untilPasses(1);
      expect(passes[0]! - startedAtMs).toBe(15_000);
    }
  });

  it("tries again an hour after a pass that failed", async () => {
    const { passes, schedule, failFromNowOn, untilPasses } = sceneOf({ nextAtMs: Date.UTC(2026, 0, 2) });
    failFromNowOn(true);
    schedule.start();
    await untilPasses(2);
    expect(passes[1]! - passes[0]!).toBe(HOUR_MS);
    failFromNowOn(false);
    await untilPasses(4);
    expect(passes[3]! - passes[2]!).toBe(30 * DAY_MS);
  });

  it("of 0 days begins nothing by itself and plans nothing", async () => {
    const { pause, passes, scrub, schedule } = sceneOf({ intervalDays: 0, nextAtMs: 5 });
    schedule.start();
    await eventually(() => scrub.state.nextAtMs).toBeUndefined();
    expect(pause.asked).toEqual([]);
    expect(passes).toEqual([]);
  });

  it("ends when it is stopped", async () => {
    const { pause, passes, schedule } = sceneOf({});
    schedule.start();
    await eventually(() => pause.isAsleep).toBe(true);
    await schedule.stop();
    expect(pause.isAsleep).toBe(false);
    expect(passes).toEqual([]);
  });
});
