import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { MemoryCatalog } from "@commonhold/metadata/catalog/memory-catalog.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { Checker } from "../checkers/checker.ts";
import { type FailureKind, SimulationFailure } from "../checkers/simulation-failure.ts";
import { SimulatedNetwork } from "../network/simulated-network.ts";
import { type DiskObserver, type NodeTraits, SimulatedNode } from "../nodes/simulated-node.ts";
import type { BreakName } from "../run/breaks.ts";
import type { SimulationPace } from "../run/simulation-pace.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { Trace } from "../trace/trace.ts";
import { Disturbances } from "./disturbances.ts";
import { GroundTruth } from "./ground-truth.ts";

export interface WorldDeps {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly pace: SimulationPace;
  readonly broken: BreakName | undefined;
}

/** All there is: nodes, the network between them, what users were promised, and what watches over it. */
export class SimulatedWorld implements DiskObserver {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly pace: SimulationPace;
  readonly broken: BreakName | undefined;
  readonly trace: Trace;
  readonly truth: GroundTruth;
  readonly network: SimulatedNetwork;
  readonly disturbances: Disturbances;
  /** The coordinator's disk. */
  readonly catalog = new MemoryCatalog();
  readonly nodes = new Map<NodeId, SimulatedNode>();
  readonly checkers: Checker[] = [];
  /** When each node that is not up now was up last. */
  readonly #downSinceMs = new Map<NodeId, number>();

  constructor({ time, random, pace, broken }: WorldDeps) {
    this.time = time;
    this.random = random;
    this.pace = pace;
    this.broken = broken;
    this.trace = new Trace(() => time.elapsedMs);
    this.truth = new GroundTruth({ nowMs: () => time.elapsedMs, repairPeriodMs: pace.repairPeriodMs });
    this.disturbances = new Disturbances(() => time.elapsedMs);
    this.network = new SimulatedNetwork({ time, random: random.fork("network"), node: (id) => this.nodes.get(id) });
  }

  addNode(traits: NodeTraits): SimulatedNode {
    const ignoresFence = this.broken === "unfenced-deletion";
    const node = new SimulatedNode({ observer: this, nowMs: () => this.time.elapsedMs, ignoresFence }, traits);
    this.nodes.set(node.id, node);
    this.trace.record("node_joined", { nodeId: node.id });
    return node;
  }

  crash(node: SimulatedNode): void {
    if (!node.isUp) return;
    node.crash();
    this.#downSinceMs.set(node.id, this.time.elapsedMs);
    this.trace.record("node_down", { nodeId: node.id });
  }

  restart(node: SimulatedNode): void {
    if (node.presence !== "down") return;
    node.restart();
    this.#downSinceMs.delete(node.id);
    this.trace.record("node_up", { nodeId: node.id });
  }

  kill(node: SimulatedNode): void {
    if (node.presence === "dead") return;
    if (node.isUp) this.#downSinceMs.set(node.id, this.time.elapsedMs);
    this.trace.record("node_dead", { nodeId: node.id });
    node.die();
  }

  /** Its operator takes it away for good, with all that is left on it. */
  retire(node: SimulatedNode): void {
    this.trace.record("node_retired", { nodeId: node.id });
    this.#downSinceMs.set(node.id, this.time.elapsedMs);
    node.retire();
  }

  /** When it was up last; now for one that is. */
  presentUntilMs(nodeId: NodeId): number {
    const node = this.nodes.get(nodeId);
    if (node === undefined) return Number.NEGATIVE_INFINITY;
    return node.isUp ? this.time.elapsedMs : (this.#downSinceMs.get(nodeId) ?? 0);
  }

  onStored(nodeId: NodeId, name: ChunkName, epoch: number): void {
    this.trace.record("stored", { nodeId, chunk: name, note: `epoch ${epoch}` });
    if (this.nodes.get(nodeId)!.get(name)?.isRotten === false) this.truth.stored(name, nodeId);
  }

  onDeleted(nodeId: NodeId, name: ChunkName, epoch: number): void {
    this.trace.record("deleted", { nodeId, chunk: name, note: `epoch ${epoch}` });
    this.truth.deleted(name, nodeId);
    for (const checker of this.checkers) checker.onDeleted?.(name, nodeId, epoch);
  }

  onDestroyed(nodeId: NodeId, name: ChunkName, why: "rot" | "disk_lost" | "dead"): void {
    this.trace.record("destroyed", { nodeId, chunk: name, note: why });
    this.truth.destroyed(name, nodeId);
    for (const checker of this.checkers) checker.onDestroyed?.(name, nodeId);
  }

  readonly fail = (
    kind: FailureKind,
    message: string,
    about: { readonly chunk?: ChunkName; readonly nodeId?: NodeId; readonly cause?: unknown } = {},
  ): void => {
    this.time.stop(new SimulationFailure({ kind, message, atMs: this.time.elapsedMs }, about));
  };
}
