import { AppError } from "@commonhold/core/app-error.ts";
import { createLogger, type Logger } from "@commonhold/runtime/logger.ts";
import { describe, expect, it } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { fixedRandom } from "../testing/fixed-random.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { silentLogger } from "../testing/open-test-store.ts";
import { SteppedSleep } from "../testing/stepped-sleep.ts";
import type { HeartbeatAnswer } from "./coordinator-api.ts";
import { HeartbeatLoop } from "./heartbeat-loop.ts";

const ANSWER: HeartbeatAnswer = {
  status: "active",
  heartbeat_interval_ms: 20_000,
  coordinator: { peer_id: "coordinator", addresses: [] },
  members: [],
  credits: { earned: "1", pending: "0", paid: "0" },
};

interface LoopParts {
  readonly beat: (signal: AbortSignal) => Promise<HeartbeatAnswer>;
  readonly chance?: number;
  readonly logger?: Logger;
}

function createLoop({ beat, chance = 0.5, logger = silentLogger }: LoopParts) {
  const clock = new ManualClock();
  const pause = new SteppedSleep();
  const loop = new HeartbeatLoop(
    { beat, sleep: pause.sleep, clock, random: fixedRandom(chance), logger },
    { intervalMs: 30_000, retryMsMin: 1000 },
  );
  /** Lets the loop take one more turn. */
  const turn = async () => {
    const { length } = pause.asked;
    pause.wake();
    await eventually(() => pause.asked.length > length && pause.isAsleep).toBe(true);
  };
  return { loop, clock, pause, turn };
}

const away = () => Promise.reject(new AppError("COORDINATOR_UNREACHABLE", "away"));

describe("the heartbeat loop", () => {
  it("reports at once, then at the interval that the coordinator asks for", async () => {
    let beats = 0;
    const { loop, clock, pause, turn } = createLoop({ beat: async () => ({ ...ANSWER, members: [`${++beats}`] }) });
    loop.start();
    await eventually(() => pause.isAsleep).toBe(true);
    expect(pause.asked).toEqual([20_000]);
    expect(loop.state).toMatchObject({ lastSuccessAtMs: clock.nowMs(), failures: 0, intervalMs: 20_000 });
    clock.advance(20_000);
    await turn();
    expect(beats).toBe(2);
    expect(loop.state.answer?.members).toEqual(["2"]);
    await loop.stop();
    expect(beats).toBe(2);
  });

  it("spreads reports a little around the interval", async () => {
    for (const [chance, ms] of [
      [0, 19_000],
      [0.5, 20_000],
      [1, 21_000],
    ] as const) {
      const { loop, pause } = createLoop({ beat: async () => ANSWER, chance });
      loop.start();
      await eventually(() => pause.asked).toEqual([ms]);
      await loop.stop();
    }
  });

  it("backs off while the coordinator is away, up to the interval, and comes back to it", async () => {
    let isAway = true;
    const { loop, pause, turn } = createLoop({ beat: () => (isAway ? away() : Promise.resolve(ANSWER)), chance: 1 });
    loop.start();
    await eventually(() => pause.isAsleep).toBe(true);
    for (let i = 0; i < 6; i++) await turn();
    expect(pause.asked).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(loop.state).toMatchObject({ failures: 7, lastSuccessAtMs: undefined });
    expect(loop.state.lastFailure?.error.code).toBe("COORDINATOR_UNREACHABLE");
    isAway = false;
    await turn();
    expect(loop.state).toMatchObject({ failures: 0, lastFailure: undefined });
    expect(pause.asked.at(-1)).toBe(21_000);
    await loop.stop();
  });

  it("takes up to half of a pause away by chance", async () => {
    const { loop, pause } = createLoop({ beat: away, chance: 0 });
    loop.start();
    await eventually(() => pause.asked).toEqual([500]);
    await loop.stop();
  });

  it("keeps the credits shown last while the coordinator is away", async () => {
    let isAway = false;
    const { loop, pause, turn } = createLoop({ beat: () => (isAway ? away() : Promise.resolve(ANSWER)) });
    loop.start();
    await eventually(() => pause.isAsleep).toBe(true);
    isAway = true;
    await turn();
    expect(loop.state.answer?.credits.earned).toBe("1");
    expect(loop.state.failures).toBe(1);
    await loop.stop();
  });

  it("reports out of turn when asked, also in the middle of a report", async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const beat = async () => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return ANSWER;
    };
    const { loop, pause } = createLoop({ beat });
    loop.start();
    await eventually(() => gates.length).toBe(1);
    let told = 0;
    const first = loop.beatNow().then(() => told++);
    const second = loop.beatNow().then(() => told++);
    gates[0]!.resolve();
    // The report under way does not count: it may have been made before the change.
    await eventually(() => gates.length).toBe(2);
    expect(told).toBe(0);
    gates[1]!.resolve();
    await Promise.all([first, second]);
    await eventually(() => pause.isAsleep).toBe(true);
    const third = loop.beatNow();
    await eventually(() => gates.length).toBe(3);
    gates[2]!.resolve();
    await third;
    await loop.stop();
  });

  it("gives up the report under way when it is stopped, and answers whoever waits", async () => {
    const { loop } = createLoop({
      beat: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("given up")));
        }),
    });
    loop.start();
    const waiting = loop.beatNow();
    await loop.stop();
    await waiting;
    await loop.beatNow();
    expect(loop.state.failures).toBe(0);
  });

  it("says once and clearly that the API key is refused, and goes on trying", async () => {
    const lines: { level: string; msg: string }[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const { loop, pause, turn } = createLoop({
      beat: () => Promise.reject(new AppError("UNAUTHENTICATED", "unknown key")),
      logger: createLogger({ level: "warn", name: "test", destination }),
    });
    loop.start();
    await eventually(() => pause.isAsleep).toBe(true);
    for (let i = 0; i < 5; i++) await turn();
    expect(loop.state.failures).toBe(6);
    expect(lines.map(({ level }) => level)).toEqual(["error"]);
    expect(lines[0]?.msg).toContain("refuses this node's API key");
    await loop.stop();
  });
});
