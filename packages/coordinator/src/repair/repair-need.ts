import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord, Replica } from "@commonhold/core/repair/chunk-record.ts";
import type { ChunkHealth } from "@commonhold/core/repair/judge-chunk.ts";
import type { RepairNodes } from "./repair-nodes.ts";
import type { RepairEntry } from "./repair-queue.ts";

export interface NeedContext {
  readonly nodes: Pick<RepairNodes, "standingOf" | "awaySinceMs">;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly handoffMs: number;
  readonly sendingMs: number;
  /** Whether the coordinator keeps a copy, to be handed off. */
  readonly hasKept: (name: ChunkName) => boolean;
  /** Whether a node refused copies a moment ago. */
  readonly isRefusing: (nodeId: NodeId) => boolean;
}

/** The nodes to which a copy is on its way: they are here, and it has not taken longer than it may. */
export function comingTo(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): readonly NodeId[] {
  const { nodes, nowMs, isRefusing } = context;
  const isHandedOff = health.urgency !== "critical" && context.hasKept(chunk.name);
  const msMax = isHandedOff ? context.handoffMs : context.sendingMs;
  const isComing = ({ nodeId, state, sinceMs }: Replica): boolean => {
    if (state !== "pending" || isRefusing(nodeId)) return false;
    const standing = nodes.standingOf(nodeId);
    return (standing === "live" || standing === "suspect") && nowMs - sinceMs < msMax;
  };
  return chunk.replicas.filter(isComing).map(({ nodeId }) => nodeId);
}

/**
 * How many copies are to be made now, without those that are on their way. What no node can surely give may still come
 * from a copy in doubt or from the coordinator.
 */
export function copiesToMake(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): number {
  const missing = health.urgency === "unreadable" ? health.target - health.counted : health.missing;
  return Math.max(0, missing - comingTo(chunk, health, context).length, health.pinned.length);
}

/** The chunk as the queue takes it; undefined where nothing is to be done now. */
export function repairEntryOf(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): RepairEntry | undefined {
  if (!chunk.isReferenced) return undefined;
  const missing = copiesToMake(chunk, health, context);
  if (missing === 0) return undefined;
  return {
    name: chunk.name,
    urgency: health.urgency,
    safe: health.safe,
    priority: chunk.priority,
    sinceMs: belowSinceMs(chunk, context),
    missing,
    sealedLength: chunk.sealedLength,
  };
}

/** About since when a chunk has had fewer copies than promised: when the first of those that do not count was lost. */
export function belowSinceMs(chunk: ChunkRecord, context: Pick<NeedContext, "nodes">): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { nodeId, state, sinceMs } of chunk.replicas) {
    if (state !== "active") earliest = Math.min(earliest, sinceMs);
    else earliest = Math.min(earliest, context.nodes.awaySinceMs(nodeId) ?? Number.POSITIVE_INFINITY);
  }
  return Number.isFinite(earliest) ? Math.max(earliest, chunk.createdAtMs) : chunk.createdAtMs;
}
