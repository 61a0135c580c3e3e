import { openAbsence } from "@commonhold/core/economics/absence.ts";
import { clip, lengthMs, spansOf, type TimeInterval, totalMs } from "@commonhold/core/economics/time-interval.ts";
import { uptimeOf } from "@commonhold/core/economics/uptime.ts";
import { DAY_MS, utcDayInterval } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeartbeatAbsences } from "./heartbeat-absences.ts";
import { UptimeWatch, WATCH_INTERVAL_MS } from "./uptime-watch.ts";

const INTERVAL_MS = 30_000;
const RETRY_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY = utcDayInterval("2026-05-20");
const BEFORE_MS = 2 * 3_600_000;
const STEP_MS = 2_000;
const NODE = "node" as NodeId;

interface History {
  /** In real time from `BEFORE_MS` before the day on, as all of it. */
  readonly nodeOutages: readonly TimeInterval[];
  readonly coordinatorOutages: readonly TimeInterval[];
  readonly clockSteps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** One in so many heartbeats is lost on the way. */
  readonly lostOneIn: number;
  readonly seed: number;
}

const END_MS = DAY_MS + 2 * BEFORE_MS;
/** A day is settled by a coordinator that has watched for a while. */
const SETTLED_MS = END_MS - 10 * MINUTE_MS;
const outages = (count: number, lengthMs: number) =>
  fc.array(
    fc
      // Until then the node joins.
      .tuple(fc.integer({ min: 2 * MINUTE_MS, max: END_MS }), fc.integer({ min: 1, max: lengthMs }))
      .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })),
    { maxLength: count },
  );

const history: fc.Arbitrary<History> = fc.record({
  nodeOutages: fc.tuple(outages(4, 6 * 60 * MINUTE_MS), outages(8, 5 * MINUTE_MS)).map((kinds) => kinds.flat()),
  coordinatorOutages: outages(3, 3 * 60 * MINUTE_MS).map((all) => clip(all, { fromMs: 0, toMs: SETTLED_MS })),
  clockSteps: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: END_MS }),
      byMs: fc.integer({ min: -3 * MINUTE_MS, max: 60 * MINUTE_MS }),
    }),
    { maxLength: 2 },
  ),
  lostOneIn: fc.integer({ min: 20, max: 10_000 }),
  seed: fc.nat(),
});

/** Real time, in which a node reports and a coordinator watches; what is written down outlives both. */
class SimulatedTime {
  readonly absences: TimeInterval[] = [];
  readonly gaps: TimeInterval[] = [];
  readonly #history: History;
  readonly #nodeOutages: readonly TimeInterval[];
  readonly #coordinatorOutages: readonly TimeInterval[];
  #realMs = 0;
  #state: number;
  #watchedUntilMs: number | undefined;
  #lastHeartbeatAtMs: number | undefined;
  #watch: UptimeWatch | undefined;
  #heartbeats: HeartbeatAbsences | undefined;

  constructor(history: History) {
    this.#history = history;
    this.#nodeOutages = spansOf(history.nodeOutages);
    this.#coordinatorOutages = spansOf(history.coordinatorOutages);
    this.#state = history.seed;
  }

  nowMs(): number {
    return this.wallMs(this.#realMs);
  }

  monotonicMs(): number {
    return this.#realMs;
  }

  wallMs(realMs: number): number {
    const steps = this.#history.clockSteps.filter(({ atMs }) => atMs <= realMs);
    return DAY.fromMs - BEFORE_MS + realMs + steps.reduce((sum, { byMs }) => sum + byMs, 0);
  }

  async run(): Promise<void> {
    let [beatAtMs, tickAtMs, retryMs, isNodeUp] = [0, 0, RETRY_MS, true];
    for (; this.#realMs < END_MS; this.#realMs += STEP_MS) {
      if (isWithin(this.#coordinatorOutages, this.#realMs)) [this.#watch, tickAtMs] = [undefined, this.#realMs];
      else if (this.#realMs >= tickAtMs) {
        await this.#tick();
        tickAtMs = this.#realMs + WATCH_INTERVAL_MS;
      }
      const isUp = !isWithin(this.#nodeOutages, this.#realMs);
      if (isUp && !isNodeUp) [beatAtMs, retryMs] = [this.#realMs, RETRY_MS];
      isNodeUp = isUp;
      if (!isUp || this.#realMs < beatAtMs) continue;
      const isHeard = this.#watch !== undefined && this.#chance() > 1 / this.#history.lostOneIn;
      if (isHeard) this.#hear();
      retryMs = isHeard ? RETRY_MS : Math.min(2 * retryMs, INTERVAL_MS);
      beatAtMs = this.#realMs + (isHeard ? INTERVAL_MS * (0.95 + 0.1 * this.#chance()) : retryMs);
    }
  }

  /** As a settlement reads it. */
  measured(): number {
    const gaps = spansOf(this.gaps);
    const silence = { nowMs: this.nowMs(), lastHeartbeatAtMs: this.#lastHeartbeatAtMs ?? 0, intervalMs: INTERVAL_MS };
    const open = openAbsence({ ...silence, gaps });
    const absences = spansOf([...this.absences, ...(open === undefined ? [] : [open])]);
    const { good, all } = uptimeOf(DAY, { joinedAtMs: 0, absences, gaps });
    return good / all;
  }

  /** How much of the time in which a coordinator was up the node was, in the day. */
  truth(): { readonly share: number; readonly watchedMs: number } {
    let [watched, online] = [0, 0];
    for (let atMs = 0; atMs < END_MS; atMs += STEP_MS) {
      const wallMs = this.wallMs(atMs);
      if (wallMs < DAY.fromMs || wallMs >= DAY.toMs || isWithin(this.#coordinatorOutages, atMs)) continue;
      watched += 1;
      if (!isWithin(this.#nodeOutages, atMs)) online += 1;
    }
    return { share: online / watched, watchedMs: watched * STEP_MS };
  }

  async #tick(): Promise<void> {
    if (this.#watch === undefined) {
      const watch = new UptimeWatch({ metadata: this.#metadata(), clock: this });
      this.#watch = watch;
      this.#heartbeats = new HeartbeatAbsences(this, { intervalMs: INTERVAL_MS, gapAtStart: () => watch.gapAtStart });
    }
    await this.#watch.tick();
  }

  #hear(): void {
    const heartbeat = { nowMs: this.nowMs(), lastHeartbeatAtMs: this.#lastHeartbeatAtMs };
    const { absences } = this.#heartbeats!.heard(NODE, heartbeat);
    expect(absences.length).toBeLessThanOrEqual(2);
    this.absences.push(...absences);
    this.#lastHeartbeatAtMs = heartbeat.nowMs;
  }

  /** As much of the metadata as a watch needs. */
  #metadata(): Pick<Metadata, "read" | "apply"> {
    const row = { executeTakeFirst: async () => this.#watchedUntilMs && { value: this.#watchedUntilMs } };
    const query = { select: () => ({ where: () => row }) };
    const apply = async (_: string, payload: { now_ms: number; gap: { from_ms: number; to_ms: number } | null }) => {
      this.#watchedUntilMs = payload.now_ms;
      if (payload.gap !== null) this.gaps.push({ fromMs: payload.gap.from_ms, toMs: payload.gap.to_ms });
    };
    return { read: { selectFrom: () => query }, apply } as never;
  }

  /** From 0 to 1: a linear congruential generator. */
  #chance(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}

function isWithin(spans: readonly TimeInterval[], atMs: number): boolean {
  return spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

describe("uptime from heartbeats", () => {
  it("is within 1 % of the truth, whatever fails", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (history) => {
        const time = new SimulatedTime(history);
        await time.run();
        const truth = time.truth();
        fc.pre(truth.watchedMs > 12 * 60 * MINUTE_MS);
        expect(Math.abs(time.measured() - truth.share)).toBeLessThan(0.01);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it("blames nobody for the time in which no coordinator ran", async () => {
    const outage = { fromMs: 10 * 3_600_000, toMs: 16 * 3_600_000 };
    const time = new SimulatedTime({
      nodeOutages: [{ fromMs: outage.fromMs + MINUTE_MS, toMs: outage.toMs - MINUTE_MS }],
      coordinatorOutages: [outage],
      clockSteps: [],
      lostOneIn: 10_000,
      seed: 1,
    });
    await time.run();
    expect(time.measured()).toBe(1);
    const missed = clip(spansOf(time.gaps), DAY);
    expect(totalMs(missed)).toBeGreaterThanOrEqual(lengthMs(outage));
    expect(totalMs(missed)).toBeLessThan(lengthMs(outage) + 2 * WATCH_INTERVAL_MS);
  });
});

describe("HeartbeatAbsences", () => {
  it("takes a heartbeat back that could not be written down", () => {
    let nowMs = 0;
    const clock = { monotonicMs: () => nowMs };
    const heartbeats = new HeartbeatAbsences(clock, { intervalMs: INTERVAL_MS, gapAtStart: () => undefined });
    const hear = (lastHeartbeatAtMs: number) => heartbeats.heard(NODE, { nowMs, lastHeartbeatAtMs });
    expect(hear(0).absences).toEqual([]);
    nowMs = 100_000;
    const failed = hear(0);
    expect(failed.absences).toEqual([{ fromMs: 15_000, toMs: 100_000 }]);
    failed.takeBack();
    nowMs = 110_000;
    expect(hear(0).absences).toEqual([{ fromMs: 15_000, toMs: 110_000 }]);
    nowMs = 140_000;
    expect(hear(110_000).absences).toEqual([]);
  });

  it("takes no registration for a heartbeat", () => {
    const clock = { monotonicMs: () => 5 };
    const heartbeats = new HeartbeatAbsences(clock, { intervalMs: INTERVAL_MS, gapAtStart: () => undefined });
    heartbeats.registers(NODE, 1_000_000);
    heartbeats.registers(NODE, 1_900_000);
    expect(heartbeats.heard(NODE, { nowMs: 2_000_000, lastHeartbeatAtMs: 1_990_000 }).absences).toEqual([
      { fromMs: 1_015_000, toMs: 2_000_000 },
    ]);
    heartbeats.registers(NODE, 2_000_000);
    expect(heartbeats.heard(NODE, { nowMs: 2_000_000, lastHeartbeatAtMs: 2_000_000 }).absences).toEqual([]);
  });

  it("leaves out the time in which nobody watched before this coordinator began", () => {
    const clock = { monotonicMs: () => 5 };
    const gap = { fromMs: 1_100_000, toMs: 1_500_000 };
    const heartbeats = new HeartbeatAbsences(clock, { intervalMs: INTERVAL_MS, gapAtStart: () => gap });
    const hear = (id: string, lastHeartbeatAtMs: number) =>
      heartbeats.heard(id as NodeId, { nowMs: 1_600_000, lastHeartbeatAtMs }).absences;
    expect(hear("away before and after", 1_000_000)).toEqual([
      { fromMs: 1_015_000, toMs: 1_100_000 },
      { fromMs: 1_500_000, toMs: 1_600_000 },
    ]);
    expect(hear("away after", 1_095_000)).toEqual([{ fromMs: 1_500_000, toMs: 1_600_000 }]);
  });
});
