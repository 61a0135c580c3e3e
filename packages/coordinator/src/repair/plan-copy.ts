import type { NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ChunkHealth } from "@commonhold/core/repair/judge-chunk.ts";
import type { PlacementView } from "../transfers/placement-view.ts";
import { comingTo, copiesToMake, type NeedContext } from "./repair-need.ts";

/** Where a copy comes from: a node, or the coordinator itself, which keeps copies for nodes that were away. */
export type CopySource = NodeId | "kept";

export type UnrepairableReason = "no_readable_copy" | "no_node_with_room" | "pinned_node_takes_nothing";

export type CopyPlan =
  | { readonly kind: "none" }
  | { readonly kind: "impossible"; readonly reason: UnrepairableReason }
  | {
      readonly kind: "copy";
      readonly target: NodeId;
      /** The best first; at least one. */
      readonly sources: readonly CopySource[];
      /** A copy that is not on its way any more, which this one stands in for. */
      readonly insteadOf: NodeId | undefined;
    };

export interface PlanContext extends NeedContext {
  readonly placement: Pick<PlacementView, "replace">;
  /** Whether a node refused copies a moment ago, or failed in this try. */
  readonly isAvoided: (nodeId: NodeId) => boolean;
  /** Sources that failed in this try. */
  readonly failedSources: ReadonlySet<CopySource>;
}

/** The next copy to make of a chunk: pinned nodes come first, then what placement chooses. It changes nothing. */
export function planCopy(chunk: ChunkRecord, health: ChunkHealth, context: PlanContext): CopyPlan {
  const needed = copiesToMake(chunk, health, context);
  if (needed === 0) return { kind: "none" };
  const sources: readonly CopySource[] = [
    ...health.readable,
    ...(context.hasKept(chunk.name) ? (["kept"] as const) : []),
  ];
  if (sources.length === 0) return { kind: "impossible", reason: "no_readable_copy" };
  const isForPinsOnly = health.urgency === "relocating" && health.counted >= health.target;
  const target = chooseTarget(chunk, health, { context, isForPinsOnly });
  if (target === undefined) {
    return { kind: "impossible", reason: isForPinsOnly ? "pinned_node_takes_nothing" : "no_node_with_room" };
  }
  const usable = sources.filter((source) => source !== target && !context.failedSources.has(source));
  if (usable.length === 0) return { kind: "impossible", reason: "no_readable_copy" };
  const stateAtTarget = chunk.replicas.find(({ nodeId }) => nodeId === target)?.state;
  return {
    kind: "copy",
    target,
    sources: usable,
    insteadOf: stateAtTarget === "pending" ? undefined : overdueNode(chunk, health, context),
  };
}

function chooseTarget(
  chunk: ChunkRecord,
  health: ChunkHealth,
  { context, isForPinsOnly }: { readonly context: PlanContext; readonly isForPinsOnly: boolean },
): NodeId | undefined {
  const pinned = health.pinned.find((nodeId) => !context.isAvoided(nodeId));
  if (pinned !== undefined || isForPinsOnly) return pinned;
  const held = new Set(comingTo(chunk, health, context));
  const taken = new Set<NodeId>();
  const doubtful = new Set<NodeId>();
  for (const { nodeId, state } of chunk.replicas) {
    if (context.isAvoided(nodeId)) taken.add(nodeId);
    if (state === "leaving") taken.add(nodeId);
    else if (state === "doubtful") doubtful.add(nodeId);
    else if (state === "active") (counts(nodeId, context) ? held : taken).add(nodeId);
  }
  const replace = (excluded: ReadonlySet<NodeId>): NodeId | undefined => {
    const failed = new Set(excluded);
    for (;;) {
      const chosen = context.placement.replace(chunk, { ownerId: chunk.ownerId, failed, others: held });
      if (chosen === undefined || !context.isAvoided(chosen)) return chosen;
      failed.add(chosen);
    }
  };
  // A node whose copy is in doubt gets it anew only where no other takes it.
  return replace(new Set([...taken, ...doubtful])) ?? (doubtful.size === 0 ? undefined : replace(taken));
}

function counts(nodeId: NodeId, { nodes }: PlanContext): boolean {
  const standing = nodes.standingOf(nodeId);
  return standing === "live" || standing === "suspect";
}

function overdueNode(chunk: ChunkRecord, health: ChunkHealth, context: PlanContext): NodeId | undefined {
  const coming = comingTo(chunk, health, context);
  return chunk.replicas.find(({ nodeId, state }) => state === "pending" && !coming.includes(nodeId))?.nodeId;
}
