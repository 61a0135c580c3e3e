import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { LRUCache } from "lru-cache";

const REMEMBERED_MAX = 100_000;

/**
 * Replicas that were missing or wrong when they were read last. Deduplication does not count on them, so that sending
 * the bytes again mends the file. Kept in memory only: a restart forgets, and the next reading finds them again.
 */
export interface DoubtfulReplicas {
  add(name: ChunkName, nodeId: NodeId): void;
  has(name: ChunkName, nodeId: NodeId): boolean;
  /** The node took the chunk anew. */
  clear(name: ChunkName, nodeId: NodeId): void;
}

export function createDoubtfulReplicas(): DoubtfulReplicas {
  const remembered = new LRUCache<string, true>({ max: REMEMBERED_MAX });
  const keyOf = (name: ChunkName, nodeId: NodeId): string => `${name} ${nodeId}`;
  return {
    add: (name, nodeId) => void remembered.set(keyOf(name, nodeId), true),
    has: (name, nodeId) => remembered.has(keyOf(name, nodeId)),
    clear: (name, nodeId) => void remembered.delete(keyOf(name, nodeId)),
  };
}
