import { WATCH_INTERVAL_MS as WATCH_MS } from "@commonhold/coordinator/economics/uptime-watch.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { CoordinatorLife } from "../coordinator/coordinator-life.ts";
import { type CoordinatorParts, openCoordinatorParts } from "./coordinator-parts.ts";
import type { EconomyChecker } from "./economy-checker.ts";
import type { EconomyNode } from "./economy-node.ts";
import type { EconomyWorld } from "./economy-world.ts";
import { CopyRepair } from "./copy-repair.ts";

const HOUR_MS = 3_600_000;
const LEDGER_CHECK_MS = 24 * HOUR_MS;
const REFRESH_MS = HOUR_MS;
const TIDY_MS = 6 * HOUR_MS;
const DETECTOR_MS = 60_000;
const REPORT = {
  addresses: [],
  capacityBytes: 1e12,
  usedBytes: 0,
  freeBytes: 1e12,
  freeBytesOwn: 1e12,
  chunkCount: 0,
  draining: false,
  version: "1",
} as const;

/** The coordinator's process: it runs, dies at any moment and comes back to what is on its disk. */
export class EconomyCoordinator {
  readonly #world: EconomyWorld;
  readonly #checkers: readonly EconomyChecker[];
  #lives = 0;
  #life: CoordinatorLife | undefined;
  #parts: CoordinatorParts | undefined;

  constructor(world: EconomyWorld, checkers: readonly EconomyChecker[]) {
    this.#world = world;
    this.#checkers = checkers;
  }

  /** undefined while it is down. */
  get parts(): CoordinatorParts | undefined {
    return this.#parts;
  }

  async start(): Promise<void> {
    if (this.#life !== undefined) return;
    const world = this.#world;
    const life = new CoordinatorLife(world.time);
    this.#life = life;
    this.#lives += 1;
    world.trace.record("coordinator_up");
    const random = world.random.fork(`life ${this.#lives}`);
    const requested = new Set<ChunkName>();
    const requestRepair = (names: readonly ChunkName[]): void => {
      for (const name of names) requested.add(name);
    };
    const parts = await openCoordinatorParts({ world, life, checkers: this.#checkers, random, requestRepair });
    await this.#watch(parts);
    this.#parts = parts;
    world.watchedSpans.push({ fromMs: world.time.elapsedMs, toMs: Number.POSITIVE_INFINITY });
    const repair = new CopyRepair(world, parts, random.fork("repair"));
    this.#run(life, parts, { repair, requested });
  }

  crash(): void {
    if (this.#life === undefined || this.#parts === undefined) return;
    this.#life.end();
    this.#life = undefined;
    this.#parts = undefined;
    this.#world.watchedSpans.at(-1)!.toMs = this.#world.time.elapsedMs;
    this.#world.trace.record("coordinator_down");
  }

  /** @returns whether it was heard */
  async heartbeat(node: EconomyNode): Promise<boolean> {
    const world = this.#world;
    const nodes = this.#parts?.nodes;
    if (nodes === undefined) return false;
    const now = { wallMs: world.wall.nowMs(), realMs: world.time.elapsedMs, life: this.#lives };
    try {
      await nodes.heartbeat(node.id, REPORT);
      world.presence.heard(node.id, now);
      return true;
    } catch (error) {
      if (!hasCode(error, "NOT_A_MEMBER"))
        world.fail("error", "a heartbeat was refused", { nodeId: node.id, cause: error });
      node.isBanned = true;
      return false;
    }
  }

  async #watch(parts: CoordinatorParts): Promise<void> {
    const { wall, time, presence } = this.#world;
    const now = { wallMs: wall.nowMs(), realMs: time.elapsedMs, life: this.#lives };
    await parts.watch.tick();
    presence.watched(now);
  }

  #run(
    life: CoordinatorLife,
    parts: CoordinatorParts,
    { repair, requested }: { readonly repair: CopyRepair; readonly requested: Set<ChunkName> },
  ): void {
    const { pace } = this.#world;
    const { signal } = new AbortController();
    const mend = async (): Promise<void> => {
      const names = [...requested];
      requested.clear();
      await repair.mend(names);
    };
    const jobs: readonly (readonly [number, () => Promise<unknown>])[] = [
      [WATCH_MS, () => this.#watch(parts)],
      [DETECTOR_MS, async () => parts.directory.check()],
      [pace.auditTickMs, () => parts.audit()],
      [REFRESH_MS, () => parts.directory.refreshReputations()],
      [TIDY_MS, () => parts.keepAuditsTidy()],
      [pace.settlementIntervalMs, () => parts.settlement.run(signal, () => {})],
      [LEDGER_CHECK_MS, () => parts.ledgerCheck.run(signal)],
      [pace.repairIntervalMs, mend],
      [pace.sweepIntervalMs, () => repair.sweep()],
    ];
    for (const [intervalMs, run] of jobs) {
      let isRunning = false;
      life.every(intervalMs, intervalMs, () => {
        if (isRunning) return;
        isRunning = true;
        run().then(
          () => (isRunning = false),
          (error: unknown) => this.#world.fail("error", "a job failed", { cause: error }),
        );
      });
    }
  }
}
