import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import type { DeletionReason } from "../tables.ts";

export type { DeletionReason };

/** A part of a listing in the order of names. */
export interface NamePage {
  /** Names above this one; from the beginning where it is not given. */
  readonly after?: ChunkName | undefined;
  readonly limit: number;
}

/** One copy that a node should hold, as the comparison with its inventory needs it. */
export interface ExpectedReplica {
  readonly name: ChunkName;
  readonly state: ReplicaState;
  readonly sinceMs: number;
}

/** A copy that a node shall delete, and has not confirmed yet. */
export interface QueuedDeletion {
  readonly name: ChunkName;
  /** The fence: the node keeps what was stored under this epoch or a later one. */
  readonly epoch: number;
  readonly reason: DeletionReason;
  readonly queuedAtMs: number;
}

export type DeletionOutcome = "deleted" | "stored_anew";

export interface NodeHoldings {
  readonly chunks: number;
  readonly bytes: number;
}

/**
 * What lies where, and what shall be deleted where: all that repair, deletion and eviction read and change. Every
 * change is one command, durable when it resolves.
 *
 * Epochs fence deletions: a store carries the epoch at which it was granted, a deletion one that is higher than that of
 * every store before it. A node deletes only what it stored under a lower epoch; a store that is recorded under a lower
 * epoch than a deletion of the same copy is refused, as that deletion may already have taken it away.
 */
export interface ReplicaCatalog {
  get(name: ChunkName): Promise<ChunkRecord | undefined>;
  /** Those of `names` that are known. */
  getMany(names: readonly ChunkName[]): Promise<ReadonlyMap<ChunkName, ChunkRecord>>;
  /** Every chunk, in the order of names. */
  page(page: NamePage): Promise<readonly ChunkRecord[]>;
  /** The chunks of which this node has, or shall have, a copy in any state. */
  pageOfNode(nodeId: NodeId, page: NamePage): Promise<readonly ChunkRecord[]>;
  /** Names only, for comparisons; `until`: names up to this one. */
  expectedOf(nodeId: NodeId, page: NamePage & { readonly until?: ChunkName }): Promise<readonly ExpectedReplica[]>;
  /** What it holds that counts or is leaving. */
  holdingsOf(nodeId: NodeId): Promise<NodeHoldings>;

  /**
   * A node has the chunk on disk: its copy is active from now on, whatever it was.
   * @param replica.epoch under which the store was granted; undefined where the node held it anyway
   * @param replica.insteadOf a pending copy that this one stands in for
   * @throws AppError CHUNK_NOT_FOUND where nobody knows it any more; CONCURRENT_CHANGE where a later deletion is queued
   */
  recordReplica(replica: {
    readonly name: ChunkName;
    readonly nodeId: NodeId;
    readonly epoch: number | undefined;
    readonly insteadOf?: NodeId;
    readonly nowMs: number;
  }): Promise<void>;
  /**
   * Copies found to be missing or wrong: active and leaving ones become doubtful.
   * @param terms.heldUntilMs until when the node is taken to have held them, where that is before now; no further back
   *   than this UTC day
   * @returns how many
   */
  doubtReplicas(
    nodeId: NodeId,
    names: readonly ChunkName[],
    nowMs: number,
    terms?: { readonly heldUntilMs?: number },
  ): Promise<number>;
  /** Active copies become leaving. @returns the names that did */
  leaveReplicas(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): Promise<readonly ChunkName[]>;
  /** Leaving copies count again. @returns how many */
  stayReplicas(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): Promise<number>;
  /**
   * Takes copies away and queues their deletion, each only where, in the same transaction, as many active copies as
   * promised remain on `counted` nodes and it is not pinned. Doubtful and pending copies too need that.
   * @param terms.delivered the node deletes them itself, now: nothing is queued, but the epoch is kept as a fence
   * @returns those that were taken away
   */
  dropReplicas(
    nodeId: NodeId,
    names: readonly ChunkName[],
    terms: {
      readonly counted: readonly NodeId[];
      readonly epoch: number;
      readonly delivered?: boolean;
      readonly nowMs: number;
    },
  ): Promise<readonly ChunkName[]>;
  /** Forgets chunks that nothing uses and queues the deletion of all their copies. @returns how many were forgotten */
  collectUnreferenced(
    names: readonly ChunkName[],
    terms: { readonly epoch: number; readonly nowMs: number },
  ): Promise<number>;
  /** Queues the deletion of copies that no row expects; a copy that has a row meanwhile is left alone. @returns how many */
  deleteStrays(
    nodeId: NodeId,
    names: readonly ChunkName[],
    terms: { readonly epoch: number; readonly nowMs: number },
  ): Promise<number>;

  /** The highest epoch of any deletion so far; 0 before the first. */
  highestEpoch(): Promise<number>;
  /** Not yet confirmed, in the order of names. */
  deletionsOf(nodeId: NodeId, page: NamePage): Promise<readonly QueuedDeletion[]>;
  /** How many wait, by node. */
  waitingDeletions(): Promise<ReadonlyMap<NodeId, number>>;
  /**
   * Notes what the node answered, for deletions that still have the epoch given. What it stored anew and has no row is
   * queued once more under `freshEpoch`; what has one is no longer to be deleted.
   */
  settleDeletions(
    nodeId: NodeId,
    outcomes: readonly { readonly name: ChunkName; readonly epoch: number; readonly outcome: DeletionOutcome }[],
    terms: { readonly freshEpoch: number; readonly nowMs: number },
  ): Promise<void>;
  /** Forgets settled deletions that are old enough to fence nothing any more. @returns how many */
  forgetSettledDeletions(settledBeforeMs: number, limit: number): Promise<number>;
  /** Forgets up to `limit` rows of a node that is gone for good. @returns how many copies and deletions */
  forgetNode(nodeId: NodeId, limit: number, nowMs: number): Promise<number>;

  /** Deleted files whose grace has passed, oldest first. */
  filesToPurge(deletedBeforeMs: number, limit: number): Promise<readonly FileId[]>;
  /**
   * Removes up to `chunkLimit` of a deleted file's references to chunks, and the file with the last. Once that began, it
   * goes on whatever the time says.
   * @throws AppError CONCURRENT_CHANGE where it is not deleted any more, or was deleted later than that
   */
  purgeFile(fileId: FileId, deletedBeforeMs: number, chunkLimit: number): Promise<{ readonly isGone: boolean }>;
}
