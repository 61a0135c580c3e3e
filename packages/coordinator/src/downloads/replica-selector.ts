import type { NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";

const SMOOTHING = 0.2;
const UNKNOWN_MS = 20;
const FAILURE_MS = 2_000;
const NODES_MAX = 10_000;

/** Orders the holders of a chunk, the one that should answer soonest first. */
export interface ReplicaSelector {
  order(holders: readonly NodeId[]): NodeId[];
  succeeded(nodeId: NodeId, elapsedMs: number): void;
  failed(nodeId: NodeId): void;
  /** It had not answered after so long, when the answer was no longer needed. */
  slow(nodeId: NodeId, elapsedMs: number): void;
}

/**
 * Expected time = smoothed time of earlier answers × (transfers under way + 1). A little chance spreads equal nodes
 * and lets a node that was slow once show that it has recovered.
 */
export function createReplicaSelector(deps: {
  readonly load: (nodeId: NodeId) => number;
  readonly random: Random;
}): ReplicaSelector {
  const smoothedMs = new Map<NodeId, number>();

  const observe = (nodeId: NodeId, elapsedMs: number): void => {
    const before = smoothedMs.get(nodeId);
    if (before === undefined && smoothedMs.size >= NODES_MAX) smoothedMs.clear();
    smoothedMs.set(nodeId, before === undefined ? elapsedMs : before + SMOOTHING * (elapsedMs - before));
  };
  const expectedMs = (nodeId: NodeId): number =>
    (smoothedMs.get(nodeId) ?? UNKNOWN_MS) * (deps.load(nodeId) + 1) * (0.75 + 0.5 * deps.random.fraction());

  return {
    order: (holders) =>
      holders
        .map((nodeId) => ({ nodeId, expected: expectedMs(nodeId) }))
        .sort((a, b) => a.expected - b.expected)
        .map(({ nodeId }) => nodeId),
    succeeded: observe,
    failed: (nodeId) => observe(nodeId, FAILURE_MS),
    slow: observe,
  };
}
