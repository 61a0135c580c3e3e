import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import { CoordinatorLife } from "./coordinator-life.ts";
import { type CoordinatorServices, startServices } from "./coordinator-services.ts";
import { NodeRegistry } from "./node-registry.ts";
import { StoredFiles } from "./stored-files.ts";

/** What outlives the coordinator's process, besides the catalog. */
export interface CoordinatorDisk {
  readonly files: StoredFiles;
  readonly registry: NodeRegistry;
}

/** The coordinator: a disk, and a process that may die and be started again. */
export class SimulatedCoordinator {
  readonly disk: CoordinatorDisk;
  readonly #world: SimulatedWorld;
  readonly #random: SeededRandom;
  #life: CoordinatorLife | undefined;
  #services: CoordinatorServices | undefined;
  #lives = 0;
  upSinceMs = 0;

  constructor(world: SimulatedWorld) {
    this.#world = world;
    this.#random = world.random.fork("coordinator");
    this.disk = { files: new StoredFiles(), registry: new NodeRegistry() };
  }

  /** undefined while it is down, or starting. */
  get services(): CoordinatorServices | undefined {
    return this.#services;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const life = new CoordinatorLife(this.#world.time);
    this.#life = life;
    this.upSinceMs = this.#world.time.elapsedMs;
    const random = this.#random.fork(`life ${this.#lives++}`);
    this.#world.trace.record("coordinator_up");
    startServices({ world: this.#world, disk: this.disk, life, random }).then(
      (services) => {
        if (!life.isOver) this.#services = services;
      },
      (error: unknown) => this.#world.fail("error", "the coordinator did not start", { cause: error }),
    );
  }

  crash(): void {
    this.#life?.end();
    this.#life = undefined;
    this.#services = undefined;
    this.#world.trace.record("coordinator_down");
  }

  /** What a node reports, if it gets through. */
  heartbeat(node: SimulatedNode): void {
    const services = this.#services;
    const { network } = this.#world;
    if (services === undefined || !network.isReachable(node.id) || network.isLost()) return;
    const { freeBytes, usedBytes, isDraining } = node;
    services.receiveHeartbeat(node.id, { freeBytes, usedBytes, isDraining });
    const lost = [...node.losses];
    if (lost.length > 0) this.#reportLosses(services, node, lost);
    const wantedBytes = node.usedBytes + node.foreignBytes - node.traits.capacityBytes;
    if (wantedBytes > 0 && !isDraining) this.#askToEvict(services, node, wantedBytes);
  }

  #reportLosses(
    services: CoordinatorServices,
    node: SimulatedNode,
    lost: readonly Parameters<SimulatedNode["get"]>[0][],
  ) {
    services.lossReports.report(node.id, lost).then(
      () => {
        if (this.#world.network.isReachable(node.id)) for (const name of lost) node.losses.delete(name);
      },
      (error: unknown) => this.#world.fail("error", "a loss report failed", { cause: error }),
    );
  }

  /** A node that is short of room parts with what the coordinator lets it part with; the answer may get lost. */
  #askToEvict(services: CoordinatorServices, node: SimulatedNode, wantedBytes: number): void {
    const { incarnation } = node;
    const candidates = this.#random.sample(node.names(), 1_000);
    services.evictions.evict(node.id, { wantedBytes, candidates, strategy: "hybrid" }).then(
      ({ release, epoch }) => {
        if (node.incarnation !== incarnation || !this.#world.network.isReachable(node.id)) return;
        if (this.#world.network.isLost()) return;
        for (const name of release) node.delete(name, epoch);
      },
      (error: unknown) => this.#world.fail("error", "an eviction failed", { cause: error }),
    );
  }
}
