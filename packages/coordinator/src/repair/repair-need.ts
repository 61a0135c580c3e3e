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
  return coming(chunk, health, context).map(({ nodeId }) => nodeId);
}

function coming(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): readonly Replica[] {
  const { nodes, nowMs, isRefusing } = context;
  const msMax = comingMsMax(chunk, health, context);
  return chunk.replicas.filter(({ nodeId, state, sinceMs }) => {
    if (state !== "pending" || isRefusing(nodeId)) return false;
    const standing = nodes.standingOf(nodeId);
    return (standing === "live" || standing === "suspect") && nowMs - sinceMs < msMax;
  });
}

function comingMsMax({ name }: ChunkRecord, { urgency }: ChunkHealth, context: NeedContext): number {
  return urgency !== "critical" && context.hasKept(name) ? context.handoffMs : context.sendingMs;
}

/** In how many milliseconds the first copy on its way will have taken longer than it may; undefined where none is. */
export function comingEndsInMs(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): number | undefined {
  const sinceMs = coming(chunk, health, context).map((replica) => replica.sinceMs);
  if (sinceMs.length === 0) return undefined;
  return Math.min(...sinceMs) + comingMsMax(chunk, health, context) - context.nowMs;
}

/**
 * How many copies are to be made now, without those that are on their way. What no node can surely give may still come
 * from a copy in doubt or from the coordinator.
 */
export function copiesToMake(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): number {
  const missing = health.urgency === "unreadable" ? health.target - health.counted : health.missing;
  return Math.max(0, missing - comingTo(chunk, health, context).length, health.pinned.length);
}

/** The chunk as the queue takes it; `missing` is 0 where nothing is to be done now. */
export function repairEntryOf(chunk: ChunkRecord, health: ChunkHealth, context: NeedContext): RepairEntry {
  return {
    name: chunk.name,
    urgency: health.urgency,
    safe: health.safe,
    priority: chunk.priority,
    sinceMs: belowSinceMs(chunk, health, context),
    missing: chunk.isReferenced ? copiesToMake(chunk, health, context) : 0,
    sealedLength: chunk.sealedLength,
  };
}

/**
 * About since when a chunk has had fewer copies than promised. Of copies that do not count there may be more than are
 * missing: those lost first were made anew since, and the latest losses are the ones that are felt.
 */
export function belowSinceMs(
  chunk: ChunkRecord,
  { urgency, target, counted, live }: Pick<ChunkHealth, "urgency" | "target" | "counted" | "live">,
  { nodes }: Pick<NeedContext, "nodes">,
): number {
  // While a chunk is critical a suspect does not count either.
  const isCritical = urgency === "critical";
  const lacking = target - (isCritical ? live : counted);
  const lostAtMs = chunk.replicas.flatMap(({ nodeId, state, sinceMs }) => {
    if (state !== "active") return [sinceMs];
    const isLost = isCritical || nodes.standingOf(nodeId) === "offline";
    return isLost ? (nodes.awaySinceMs(nodeId) ?? []) : [];
  });
  const felt = lostAtMs.sort((a, b) => b - a)[Math.max(0, lacking - 1)];
  return Math.max(felt ?? chunk.createdAtMs, chunk.createdAtMs);
}
