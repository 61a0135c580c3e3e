import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { InventorySummary } from "@commonhold/core/repair/inventory-summary.ts";
import type { DeletionOutcome } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { ChunkRef } from "../transfers/node-retrievals.ts";

export interface InventoryQuery {
  /** Names above this one; from the beginning where it is not given. */
  readonly after?: ChunkName;
  /** 1 … 10,000. */
  readonly limit: number;
}

/** What repair, deletion and anti-entropy ask of nodes. Every call ends by itself within a time, well or with an AppError. */
export interface ReplicaTransfers {
  /**
   * Lets `target` fetch the chunk from another holder; resolves once it has it on disk.
   * @throws AppError CHUNK_NOT_FOUND or CHUNK_CORRUPT (the source's copy is missing or wrong), NO_SPACE or NODE_DRAINING
   *   (the target takes nothing), NODE_UNREACHABLE, TIMEOUT, STORAGE_FAILURE … (either of them)
   */
  replicate(
    target: NodeId,
    from: {
      readonly source: NodeId;
      readonly chunk: ChunkRef;
      readonly epoch: number;
      /** Whose chunk it is. */
      readonly ownerId: UserId;
    },
    signal: AbortSignal,
  ): Promise<void>;
  delete(
    nodeId: NodeId,
    deletion: { readonly name: ChunkName; readonly epoch: number },
    signal: AbortSignal,
  ): Promise<DeletionOutcome>;
  inventorySummary(nodeId: NodeId, signal: AbortSignal): Promise<InventorySummary>;
  /** Names that the node holds, ascending. */
  inventory(
    nodeId: NodeId,
    query: InventoryQuery,
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly ChunkName[]; readonly more: boolean }>;
}
