import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { MemoryCatalog } from "@commonhold/metadata/catalog/memory-catalog.ts";
import type { SimulatedNetwork } from "../network/simulated-network.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { SimulationPace } from "../run/simulation-pace.ts";
import type { Trace } from "../trace/trace.ts";
import type { GroundTruth } from "../world/ground-truth.ts";
import type { FailureKind } from "./simulation-failure.ts";

/** What checkers may look at: all that is really so, and what the coordinator has on its disk. */
export interface CheckedWorld {
  readonly nowMs: () => number;
  readonly truth: GroundTruth;
  readonly nodes: ReadonlyMap<NodeId, SimulatedNode>;
  readonly network: SimulatedNetwork;
  readonly catalog: MemoryCatalog;
  readonly trace: Trace;
  readonly pace: SimulationPace;
  /** Since when nothing has kept the coordinator from reaching this node; undefined while something does. */
  readonly undisturbedSinceMs: (nodeId: NodeId) => number | undefined;
  /** When it was up and heard last; now, for a node that is. */
  readonly presentUntilMs: (nodeId: NodeId) => number;
  readonly coordinatorUpSinceMs: () => number;
  /** Whether a node takes part: it neither was taken out nor goes. */
  readonly isMember: (nodeId: NodeId) => boolean;
  /** As the coordinator's own detector sees it. */
  readonly standingOf: (nodeId: NodeId) => NodeStanding;
  /** Ends the run. */
  readonly fail: (
    kind: FailureKind,
    message: string,
    about?: { readonly chunk?: ChunkName; readonly nodeId?: NodeId },
  ) => void;
}

/** A copy from node to node. */
export interface CopyEvent {
  readonly source: NodeId;
  readonly target: NodeId;
  readonly chunk: { readonly name: ChunkName; readonly sealedLength: number };
}

/** One invariant of the network. Each hook is called after the thing has happened. */
export interface Checker {
  readonly name: string;
  onDestroyed?(name: ChunkName, nodeId: NodeId): void;
  onDeleted?(name: ChunkName, nodeId: NodeId, epoch: number): void;
  /** The catalog took a copy up. */
  onRecorded?(name: ChunkName, nodeId: NodeId): void;
  /** The catalog took copies away, as too many; `chunks` as they are after it. */
  onDropped?(nodeId: NodeId, chunks: readonly ChunkRecord[]): void;
  /** Copies were to be deleted because no row expects them. */
  onStrays?(nodeId: NodeId, names: readonly ChunkName[]): void;
  onCopyBegan?(copy: CopyEvent): void;
  onCopyArrived?(copy: CopyEvent): void;
  /** The coordinator sees a node in another way. */
  onStanding?(nodeId: NodeId, to: NodeStanding): void;
  /** Bytes that must be copied because of what was asked for or came to light. */
  onWorkGiven?(bytes: number): void;
  /** Every few hours. */
  onRound?(): Promise<void> | void;
  /** The world has been calm for long. */
  atEnd?(): Promise<void> | void;
  /** One line for the report. */
  verdict(): string;
}
