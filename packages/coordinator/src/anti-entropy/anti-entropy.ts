import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { hashText, pairFraction } from "@commonhold/core/placement/rendezvous-hash.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { forEachConcurrently } from "../for-each-concurrently.ts";
import type { CompareInventory, InventoryComparison } from "./inventory-comparison.ts";

export interface AntiEntropyDeps {
  readonly compare: CompareInventory;
  readonly liveNodes: () => readonly NodeId[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "warn">;
}

export interface AntiEntropyOptions {
  /** From one comparison of a node to the next. */
  readonly intervalMs: number;
  /** A comparison that was asked for begins within this time, spread out. */
  readonly soonMs: number;
  readonly concurrentMax: number;
}

export const ANTI_ENTROPY_DEFAULTS: AntiEntropyOptions = { intervalMs: 3_600_000, soonMs: 60_000, concurrentMax: 2 };

/** Compares the inventory of every live node with the catalog, in turn. */
export interface AntiEntropy {
  /** Compares the nodes that are due. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes a node due soon: it has returned, or lost something. */
  request(nodeId: NodeId): void;
  /** The last comparison of each node. */
  results(): ReadonlyMap<NodeId, InventoryComparison>;
}

const SPREAD = hashText("anti-entropy");

export function createAntiEntropy(
  deps: AntiEntropyDeps,
  options: AntiEntropyOptions = ANTI_ENTROPY_DEFAULTS,
): AntiEntropy {
  const dueMs = new Map<NodeId, number>();
  const last = new Map<NodeId, InventoryComparison>();
  const nowMs = (): number => deps.clock.monotonicMs();
  const soonMs = (): number => nowMs() + deps.random.fraction() * options.soonMs;

  /** A node that is seen first is compared at its own place in the interval. */
  const dueNodes = (): NodeId[] => {
    const live = new Set(deps.liveNodes());
    for (const nodeId of dueMs.keys()) {
      if (live.has(nodeId)) continue;
      dueMs.delete(nodeId);
      last.delete(nodeId);
    }
    for (const nodeId of live) {
      if (dueMs.has(nodeId)) continue;
      dueMs.set(nodeId, nowMs() + pairFraction(hashText(nodeId), SPREAD) * options.intervalMs);
    }
    return [...live].filter((nodeId) => dueMs.get(nodeId)! <= nowMs());
  };

  const compare = async (nodeId: NodeId, signal: AbortSignal): Promise<void> => {
    dueMs.set(nodeId, nowMs() + options.intervalMs);
    try {
      const result = await deps.compare(nodeId, signal);
      last.set(nodeId, result);
      if (result.isPartial) dueMs.set(nodeId, soonMs());
    } catch (error) {
      signal.throwIfAborted();
      dueMs.set(nodeId, soonMs());
      deps.logger.warn({ err: error, node: nodeId }, "a node's inventory could not be compared");
    }
  };

  return {
    run: (signal) =>
      forEachConcurrently(dueNodes(), { concurrentMax: options.concurrentMax, signal }, (nodeId) =>
        compare(nodeId, signal),
      ),
    request: (nodeId) => {
      dueMs.set(nodeId, Math.min(dueMs.get(nodeId) ?? Number.POSITIVE_INFINITY, soonMs()));
    },
    results: () => last,
  };
}
