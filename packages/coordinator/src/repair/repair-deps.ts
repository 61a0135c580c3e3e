import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { CopyCheck } from "../anti-entropy/copy-check.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";
import type { ChunkRef } from "../transfers/node-retrievals.ts";
import type { PlacementView } from "../transfers/placement-view.ts";
import type { RepairNodes } from "./repair-nodes.ts";
import type { ReplicaTransfers } from "./replica-transfers.ts";

export interface KeptCopy {
  readonly chunk: ChunkRef;
  readonly epoch: number;
  /** Whose chunk it is. */
  readonly ownerId: UserId;
}

/** Copies that the coordinator itself keeps for nodes that were away: the last resort where no node has one. */
export interface KeptCopies {
  has(name: ChunkName): boolean;
  /** @throws AppError CHUNK_NOT_FOUND where the kept bytes are no longer right; else as a store does */
  send(target: NodeId, copy: KeptCopy, signal: AbortSignal): Promise<void>;
}

/** What repair is handed; the simulator hands in the same. */
export interface RepairDeps {
  readonly catalog: ReplicaCatalog;
  readonly transfers: Pick<ReplicaTransfers, "replicate">;
  /** Asked before a copy is given up because another node says that it is missing or wrong. */
  readonly check: CopyCheck;
  readonly nodes: RepairNodes;
  readonly placement: Pick<PlacementView, "replace" | "survey">;
  readonly epochs: DeleteEpochs;
  readonly kept?: KeptCopies;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/** What a sweep finds that is not repair's to do. */
export interface SweepFindings {
  /** Chunks that nothing uses. */
  readonly onUnreferenced?: (names: readonly ChunkName[], signal: AbortSignal) => Promise<void>;
}
