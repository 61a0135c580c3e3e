import { describe, expect, it } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SteppedSleep } from "../testing/stepped-sleep.ts";
import { ChangeReports } from "./change-reports.ts";

function createReports() {
  const clock = new ManualClock();
  const pause = new SteppedSleep();
  const beats: PromiseWithResolvers<void>[] = [];
  const state = { lastSuccessAtMs: 0, lastFailure: undefined, failures: 0, intervalMs: 30_000, answer: undefined };
  const beatNow = () => {
    const beat = Promise.withResolvers<void>();
    beats.push(beat);
    return beat.promise;
  };
  const reports = new ChangeReports({ heartbeat: { beatNow, state }, sleep: pause.sleep, clock });
  /** Lets the pause under way pass. */
  const elapse = () => {
    clock.advance(pause.asked.at(-1)!);
    pause.wake();
  };
  return { reports, clock, pause, beats, state, elapse };
}

describe("reports of changes", () => {
  it("come within 2 s of the first of several changes, once", async () => {
    const { reports, pause, beats, elapse } = createReports();
    expect(pause.asked).toEqual([]);
    for (let i = 0; i < 3; i++) reports.noteChange();
    expect(pause.asked).toHaveLength(1);
    expect(pause.asked[0]).toBeLessThanOrEqual(2000);
    expect(beats).toHaveLength(0);
    elapse();
    await eventually(() => beats.length).toBe(1);
    beats[0]!.resolve();
    await beats[0]!.promise;
    expect(pause.asked).toHaveLength(1);
    expect(pause.isAsleep).toBe(false);
  });

  it("come at most every 5 s, however much changes, also in the middle of a report", async () => {
    const { reports, clock, pause, beats, elapse } = createReports();
    const reportedAt: number[] = [];
    reports.noteChange();
    for (let i = 1; i <= 4; i++) {
      elapse();
      await eventually(() => beats.length).toBe(i);
      reportedAt.push(clock.nowMs());
      reports.noteChange();
      clock.advance(700);
      beats.at(-1)!.resolve();
      await eventually(() => pause.asked.length).toBe(i + 1);
    }
    const gaps = reportedAt.slice(1).map((at, i) => at - reportedAt[i]!);
    expect(gaps).toEqual([5000, 5000, 5000]);
  });

  it("come quickly again after a while of quiet", async () => {
    const { reports, clock, pause, beats, elapse } = createReports();
    reports.noteChange();
    elapse();
    await eventually(() => beats.length).toBe(1);
    beats[0]!.resolve();
    clock.advance(60_000);
    await eventually(() => {
      reports.noteChange();
      return pause.asked.length;
    }).toBe(2);
    expect(pause.asked).toEqual([1000, 1000]);
  });

  it("do not press a coordinator that is away", async () => {
    const { reports, pause, beats, state, elapse } = createReports();
    state.failures = 1;
    reports.noteChange();
    elapse();
    await eventually(() => {
      reports.noteChange();
      return pause.asked.length;
    }).toBe(2);
    expect(beats).toEqual([]);
    state.failures = 0;
    elapse();
    await eventually(() => beats.length).toBe(1);
  });

  it("end when they are stopped, and leave no pause behind", async () => {
    const { reports, pause, beats } = createReports();
    reports.noteChange();
    expect(pause.isAsleep).toBe(true);
    reports.stop();
    expect(pause.isAsleep).toBe(false);
    reports.noteChange();
    await Promise.resolve();
    expect(pause.asked).toHaveLength(1);
    expect(beats).toEqual([]);
  });
});
