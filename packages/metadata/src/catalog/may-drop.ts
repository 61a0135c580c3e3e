import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";

/** What decides whether a copy may be taken away. */
export interface DropGuard {
  /** Promised. */
  readonly copies: number;
  /** Nodes that shall hold a copy whatever else happens. */
  readonly pins: readonly string[];
  readonly replicas: readonly { readonly nodeId: string; readonly state: ReplicaState }[];
}

/** Whether a node's copy is pinned by nothing, and enough active ones remain on `counted` nodes without it. */
export function mayDrop({ copies, pins, replicas }: DropGuard, nodeId: string, counted: ReadonlySet<string>): boolean {
  if (pins.includes(nodeId)) return false;
  const remaining = replicas.filter(
    (replica) => replica.nodeId !== nodeId && replica.state === "active" && counted.has(replica.nodeId),
  );
  return remaining.length >= Math.max(copies, pins.length);
}
