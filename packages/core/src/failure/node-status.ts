/** What the operator or the node itself last declared. */
export type DeclaredNodeState = "joining" | "active" | "draining" | "drained" | "banned";

/** Everything that a node can be seen as. */
export const NODE_STATUSES = ["joining", "active", "suspect", "offline", "draining", "drained", "banned"] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

export interface NodeSighting {
  readonly declared: DeclaredNodeState;
  /** Milliseconds since 1970 of the last sign of life. */
  readonly lastHeartbeatAtMs: number;
}

export interface HeartbeatTerms {
  readonly heartbeatIntervalMs: number;
  /** So many intervals without a heartbeat, and an active node counts as offline. */
  readonly offlineAfterIntervals: number;
}

/**
 * How a node stands at `nowMs`. A declared state other than active holds whatever the heartbeats say: a drained or
 * banned node stays so while it is silent. A heartbeat from the future (a clock that was set back) counts as fresh.
 */
export function nodeStatus(sighting: NodeSighting, nowMs: number, terms: HeartbeatTerms): NodeStatus {
  if (sighting.declared !== "active") return sighting.declared;
  const silenceMs = nowMs - sighting.lastHeartbeatAtMs;
  return silenceMs < terms.heartbeatIntervalMs * terms.offlineAfterIntervals ? "active" : "offline";
}
