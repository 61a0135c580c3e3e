import { beforeEach, describe, expect, it } from "vitest";
import { createLogFixture } from "../http/http.fixture.ts";
import { SteppedTime } from "../repair/repair.fixture.ts";
import { createJob, type Job, type JobContext, type JobOptions, type JobSettings } from "./job.ts";
import { JobRegistry, type JobSettingsStore } from "./job-registry.ts";

let time: SteppedTime;
let log: ReturnType<typeof createLogFixture>;
let runs: number;
beforeEach(() => {
  time = new SteppedTime();
  log = createLogFixture();
  runs = 0;
});

const jobOf = (options: Partial<JobOptions> = {}): Job =>
  createJob(
    { clock: time, sleep: time.sleep, logger: log.logger },
    {
      name: "work",
      description: "It works.",
      intervalMs: 1_000,
      run: async () => void runs++,
      ...options,
    },
  );

/** Works for so long, and ends at once when it is told to. */
const workFor = (ms: number) => async (context: JobContext) => {
  runs += 1;
  await time.sleep(ms, context.signal);
  context.signal.throwIfAborted();
};

describe("a job", () => {
  it("runs at its interval, and tells when it did", async () => {
    const job = jobOf();
    job.start();
    await time.pass(0);
    expect(job.status()).toMatchObject({ state: "idle", lastRun: undefined, nextRunAtMs: time.nowMs() + 1_000 });
    await time.pass(3_500);
    expect(runs).toBe(3);
    expect(job.status().lastRun).toEqual({
      startedAtMs: time.nowMs() - 500,
      endedAtMs: time.nowMs() - 500,
      failure: undefined,
    });
    await job.stop();
    await time.pass(5_000);
    expect(runs).toBe(3);
  });

  it("never runs twice at once: what is asked for meanwhile comes after", async () => {
    const job = jobOf({ run: workFor(100) });
    const all = Promise.all([job.runNow(), job.runNow(), job.runNow()]);
    expect(job.status().state).toBe("running");
    await time.pass(0);
    expect(runs).toBe(1);
    await time.pass(250);
    await all;
    expect(runs).toBe(2);
  });

  it("that fails says why, and runs again", async () => {
    const job = jobOf({
      run: async () => {
        runs += 1;
        throw new Error("out of order");
      },
    });
    job.start();
    await time.pass(2_500);
    expect(runs).toBe(2);
    expect(job.status().lastRun?.failure).toBe("out of order");
    expect(log.logLines).toHaveLength(2);
    await job.stop();
  });

  it("tells whenever its status has changed", async () => {
    const states: string[] = [];
    const registry = new JobRegistry({ load: async () => new Map(), save: async () => undefined });
    const job = jobOf({ run: workFor(100) });
    registry.add(job);
    registry.onChanged((name) => states.push(`${name} ${job.status().state}`));
    const running = job.runNow();
    await time.pass(100);
    await running;
    await registry.setPaused("work", true);
    expect(states).toEqual(["work running", "work idle", "work paused"]);
  });

  it("shows how far it is while it runs", async () => {
    const job = jobOf({
      run: async (context) => {
        context.progress({ done: 3, total: 7, unit: "chunks" });
        await workFor(100)(context);
      },
    });
    const running = job.runNow();
    expect(job.status().progress).toEqual({ done: 3, total: 7, unit: "chunks" });
    await time.pass(100);
    await running;
    expect(job.status().progress).toBeUndefined();
  });

  it("that is paused gives up what it does, does not run, and goes on when it may", async () => {
    const told: JobSettings[] = [];
    const job = jobOf({ run: workFor(10_000), onConfigured: (settings) => told.push(settings) });
    job.start();
    await time.pass(1_500);
    expect(job.status().state).toBe("running");
    job.configure({ isPaused: true, throttle: undefined });
    await time.pass(0);
    expect(job.status()).toMatchObject({ state: "paused", nextRunAtMs: undefined, lastRun: undefined });
    await job.runNow();
    await time.pass(10_000);
    expect(runs).toBe(1);
    expect(log.logLines).toEqual([]);
    job.configure({ isPaused: false, throttle: undefined });
    await time.pass(1_500);
    expect(runs).toBe(2);
    expect(told.map(({ isPaused }) => isPaused)).toEqual([true, false]);
    await job.stop();
  });
});

describe("the registry", () => {
  let kept: Map<string, JobSettings>;
  const store: JobSettingsStore = {
    load: async () => kept,
    save: async (name, settings) => void kept.set(name, settings),
  };
  beforeEach(() => {
    kept = new Map();
  });

  it("lists jobs by name", () => {
    const registry = new JobRegistry(store);
    for (const name of ["b", "a"]) registry.add(jobOf({ name }));
    expect(registry.list().map(({ name }) => name)).toEqual(["a", "b"]);
    expect(() => registry.add(jobOf({ name: "a" }))).toThrow("two jobs");
  });

  it("keeps pauses and throttles over a restart", async () => {
    const before = new JobRegistry(store);
    before.add(jobOf({ canThrottle: true }));
    await before.setThrottle("work", { bytesPerSecond: 65_536 });
    expect((await before.setPaused("work", true)).state).toBe("paused");

    const told: JobSettings[] = [];
    const after = new JobRegistry(store);
    after.add(jobOf({ canThrottle: true, onConfigured: (settings) => told.push(settings) }));
    await after.start();
    expect(told).toEqual([{ isPaused: true, throttle: { bytesPerSecond: 65_536 } }]);
    await time.pass(5_000);
    expect(runs).toBe(0);
    expect(after.list()).toMatchObject([{ state: "paused", throttle: { bytesPerSecond: 65_536 } }]);
    await after.setPaused("work", false);
    await time.pass(1_500);
    expect(runs).toBe(1);
    await after.stop();
  });

  it("runs a job when it is asked to, unless it is paused", async () => {
    const registry = new JobRegistry(store);
    registry.add(jobOf({ run: workFor(100) }));
    expect(registry.run("work").state).toBe("running");
    await time.pass(100);
    await registry.setPaused("work", true);
    expect(() => registry.run("work")).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(runs).toBe(1);
  });

  it("refuses what it cannot do, in clear words", async () => {
    const registry = new JobRegistry(store);
    registry.add(jobOf());
    expect(() => registry.run("wrok")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(() => registry.setThrottle("work", {})).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(kept.size).toBe(0);
  });
});
