import type { ChunkName } from "@commonhold/core/ids.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { EconomyCoordinator } from "./economy-coordinator.ts";
import type { EconomyNode } from "./economy-node.ts";
import type { EconomyWorld } from "./economy-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const OUTAGE_DAYS = 12;
const FLAPPING = { upIntervals: 32, downIntervals: 10, downIntervalsMin: 2 };
const MUTED_DAYS = 3;
const DISK_LOSS_DAYS = 6;
const ROT_DAYS = 1;
/** So much of a lost disk a node knows of at once; the rest it notices when it is asked. */
const REPORTED_SHARE = 0.4;
const REPORT_AFTER_MS = 5 * MINUTE_MS;
const COORDINATOR_DAYS = 3;
const CLOCK_STEP_DAYS = 4;
const BUSY_CRASH_SHARE = 0.3;
const FIRST_BEAT_MS = 1_000;
const RETRY_MS = 10_000;

/** What goes wrong with nodes, with the coordinator and with its clock; and how nodes report in between. */
export class EconomyFaults {
  readonly #world: EconomyWorld;
  readonly #coordinator: EconomyCoordinator;
  readonly #random: SeededRandom;
  readonly #counts = new Map<string, number>();

  constructor(world: EconomyWorld, coordinator: EconomyCoordinator) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#random = world.random.fork("faults");
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(): void {
    for (const node of this.#world.nodes.values()) {
      this.#beat(node, FIRST_BEAT_MS, RETRY_MS);
      if (node.kind === "flapping") this.#flap(node);
      else this.#poisson(OUTAGE_DAYS, node.random, () => this.#outage(node));
      if (node.kind === "muted") this.#poisson(MUTED_DAYS, node.random, () => this.#mute(node));
      if (node.kind !== "lossy") continue;
      this.#poisson(DISK_LOSS_DAYS, node.random, () => this.#loseDisk(node));
      this.#poisson(ROT_DAYS, node.random, () => this.#rot(node));
    }
    this.#poisson(COORDINATOR_DAYS, this.#random, () => this.#crash(this.#random.integer(10 * MINUTE_MS, 5 * HOUR_MS)));
    this.#poisson(CLOCK_STEP_DAYS, this.#random, () => this.#stepClock());
  }

  /** A settlement begins: now and then the coordinator dies in the middle of it. */
  settlementBegins(): void {
    if (!this.#random.isLucky(BUSY_CRASH_SHARE)) return;
    this.#world.time.after(this.#random.integer(0, 2 * MINUTE_MS), () => {
      this.#crash(this.#random.integer(1_000, 10 * MINUTE_MS));
    });
  }

  #poisson(meanDays: number, random: SeededRandom, happen: () => void): void {
    const next = (): void => {
      this.#world.time.after(Math.ceil(random.exponential(meanDays * DAY_MS)), () => {
        happen();
        next();
      });
    };
    next();
  }

  /** Reports at its interval; at once when it is back, and soon again where it was not heard. */
  #beat(node: EconomyNode, afterMs: number, retryMs: number): void {
    const { time, pace } = this.#world;
    const intervalMs = pace.heartbeatIntervalMs;
    time.after(afterMs, () => {
      if (node.isBanned || !node.isUp) return;
      void this.#coordinator.heartbeat(node).then((isHeard) => {
        if (isHeard) this.#beat(node, Math.round(intervalMs * node.random.between(0.95, 1.05)), RETRY_MS);
        else this.#beat(node, retryMs, Math.min(2 * retryMs, intervalMs));
      });
    });
  }

  #down(node: EconomyNode, ms: number): void {
    if (!node.isUp) return;
    const { time } = this.#world;
    node.setUp(false, time.elapsedMs);
    time.after(ms, () => {
      node.setUp(true, time.elapsedMs);
      this.#beat(node, FIRST_BEAT_MS, RETRY_MS);
    });
  }

  #flap(node: EconomyNode): void {
    const { time, pace } = this.#world;
    const { upIntervals, downIntervals, downIntervalsMin } = FLAPPING;
    const intervalMs = pace.heartbeatIntervalMs;
    const downMs = Math.ceil(downIntervalsMin * intervalMs + node.random.exponential(downIntervals * intervalMs));
    time.after(Math.ceil(2 * intervalMs + node.random.exponential(upIntervals * intervalMs)), () => {
      this.#count("flap");
      this.#down(node, downMs);
      time.after(downMs, () => this.#flap(node));
    });
  }

  #outage(node: EconomyNode): void {
    this.#note("outage", node);
    this.#down(node, node.random.integer(30 * MINUTE_MS, 10 * HOUR_MS));
  }

  #mute(node: EconomyNode): void {
    this.#note("mute", node);
    node.mutedUntilMs = this.#world.time.elapsedMs + node.random.integer(3 * MINUTE_MS, 20 * MINUTE_MS);
  }

  #loseDisk(node: EconomyNode): void {
    this.#note("disk_lost", node);
    const known: ChunkName[] = [];
    for (const name of node.copies.keys()) {
      node.copies.set(name, "gone");
      if (node.random.isLucky(REPORTED_SHARE)) known.push(name);
    }
    this.#report(node, known);
  }

  #rot(node: EconomyNode): void {
    const name = node.random.pick([...node.copies.keys()]);
    if (name === undefined || node.copies.get(name) !== "whole") return;
    this.#note("rot", node);
    node.copies.set(name, "rotten");
  }

  #report(node: EconomyNode, names: readonly ChunkName[]): void {
    this.#world.time.after(REPORT_AFTER_MS, () => {
      const reports = this.#coordinator.parts?.lossReports;
      if (node.isBanned) return;
      if (reports === undefined || !node.isUp) {
        this.#report(node, names);
        return;
      }
      reports.report(node.id, names).catch((error: unknown) => {
        this.#world.fail("error", "a loss could not be reported", { nodeId: node.id, cause: error });
      });
    });
  }

  #crash(downMs: number): void {
    if (this.#coordinator.parts === undefined) return;
    this.#count("coordinator_crash");
    this.#coordinator.crash();
    this.#world.time.after(downMs, () => {
      this.#coordinator.start().catch((error: unknown) => {
        this.#world.fail("error", "the coordinator could not start", { cause: error });
      });
    });
  }

  #stepClock(): void {
    const byMs = this.#random.isLucky(0.5)
      ? -this.#random.integer(1_000, 2 * MINUTE_MS)
      : this.#random.integer(1_000, 30 * MINUTE_MS);
    this.#count("clock_step");
    this.#world.trace.record("clock_step", { note: `${byMs}` });
    this.#world.wall.step(byMs);
  }

  #note(kind: string, node: EconomyNode): void {
    this.#count(kind);
    this.#world.note(kind, node.id);
  }

  #count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}
