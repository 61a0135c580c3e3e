import type { ChunkName, NodeId, UserId } from "../ids.ts";
import type { Priority } from "../priority.ts";

/**
 * active: the node acknowledged the copy as durable, and it counts · pending: it should hold it and does not yet (being
 * sent, or handed off when the node returns) · leaving: held and readable, but to be dropped once another copy stands in
 * for it (eviction, rebalancing) · doubtful: found to be missing or wrong; it does not count and is read last of all.
 */
export const REPLICA_STATES = ["active", "pending", "leaving", "doubtful"] as const;
export type ReplicaState = (typeof REPLICA_STATES)[number];

/** What the metadata says of one copy. */
export interface Replica {
  readonly nodeId: NodeId;
  readonly state: ReplicaState;
  /** When it came into this state, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** All that repair, eviction and deletion need to know of a chunk. */
export interface ChunkRecord {
  readonly name: ChunkName;
  readonly ownerId: UserId;
  readonly sealedLength: number;
  /** Promised: the most that any file which uses it asks for. */
  readonly copies: number;
  /** The highest of the files which use it. */
  readonly priority: Priority;
  /** Nodes that shall hold a copy whatever else happens. */
  readonly pins: readonly NodeId[];
  readonly replicas: readonly Replica[];
  /** Whether a file or an upload uses it: one that nothing uses may be collected. */
  readonly isReferenced: boolean;
  readonly createdAtMs: number;
}
