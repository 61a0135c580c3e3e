import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedCoordinator } from "../coordinator/simulated-coordinator.ts";
import type { Operators } from "../faults/fault.ts";
import type { NodeTraits, SimulatedNode } from "../nodes/simulated-node.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";

const MIB = 1024 ** 2;
/** Nodes for each site, and for each network. */
const NODES_A_SITE = 3;
const NODES_A_NETWORK = 2;
/** A node that was away reports soon after it is back. */
const FIRST_REPORT_MS = 5_000;
/** No two crystals are the same. */
const DRIFT = 0.01;

export interface OperatorOptions {
  readonly nodeCount: number;
  readonly capacityBytes: number;
  readonly owners: readonly UserId[];
}

/** The people behind the nodes: they set them up, and take them away. */
export class NetworkOperators implements Operators {
  readonly #world: SimulatedWorld;
  readonly #coordinator: SimulatedCoordinator;
  readonly #options: OperatorOptions;
  readonly #random: SeededRandom;
  #joined = 0;

  constructor(world: SimulatedWorld, coordinator: SimulatedCoordinator, options: OperatorOptions) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#options = options;
    this.#random = world.random.fork("operators");
  }

  join(): SimulatedNode {
    const node = this.#world.addNode(this.#traits());
    const { disk, services } = this.#coordinator;
    disk.registry.register(node.traits, this.#world.time.clock().nowMs());
    services?.watch.changed(disk.registry.get(node.id)!);
    this.#live(node);
    return node;
  }

  drain(node: SimulatedNode): void {
    this.#world.trace.record("draining", { nodeId: node.id });
    node.isDraining = true;
  }

  isDraining(node: SimulatedNode): boolean {
    return node.isDraining;
  }

  remove(node: SimulatedNode): void {
    this.#world.trace.record("node_removed", { nodeId: node.id });
    const { disk, services } = this.#coordinator;
    disk.registry.declare(node.id, "banned");
    services?.watch.changed(disk.registry.get(node.id)!);
  }

  crashCoordinator(): void {
    this.#coordinator.crash();
  }

  startCoordinator(): void {
    this.#coordinator.start();
  }

  #traits(): NodeTraits {
    const number = this.#joined++;
    const random = this.#random;
    const place = random.integer(0, this.#options.nodeCount - 1);
    return {
      id: `node-${String(number).padStart(3, "0")}` as NodeId,
      operatorId: random.pick(this.#options.owners)!,
      labels: {
        site: `site-${Math.floor(place / NODES_A_SITE)}`,
        network: `net-${Math.floor(place / NODES_A_NETWORK)}`,
      },
      capacityBytes: Math.floor(this.#options.capacityBytes * random.between(0.6, 1.8)),
      bytesPerSecond: random.between(2, 50) * MIB,
    };
  }

  /** Reports at its own pace, rereads what it holds, and goes when it is drained. */
  #live(node: SimulatedNode): void {
    const { time, pace } = this.#world;
    const random = this.#random.fork(node.id);
    const heartbeatMs = pace.heartbeatIntervalMs * random.between(1 - DRIFT, 1 + DRIFT);
    const beat = (): void => {
      if (node.presence === "dead") {
        stopBeating();
        stopScrubbing();
      } else if (node.isUp) this.#coordinator.heartbeat(node);
    };
    const stopBeating = time.every(heartbeatMs, random.between(0, heartbeatMs), () => {
      beat();
      if (node.isUp && this.#coordinator.disk.registry.get(node.id)?.declared === "drained") this.#world.retire(node);
    });
    const stopScrubbing = time.every(pace.scrubIntervalMs, random.between(0, pace.scrubIntervalMs), () => {
      if (!node.isUp || this.#world.broken === "ignored-rot") return;
      for (const name of node.names()) node.discardRotten(name);
      if (node.losses.size > 0) time.after(random.between(0, FIRST_REPORT_MS), beat);
    });
    node.onRestart = () => time.after(random.between(0, FIRST_REPORT_MS), beat);
  }
}
