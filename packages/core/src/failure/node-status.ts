/** What the operator or the node itself last declared. */
export type DeclaredNodeState = "joining" | "active" | "draining" | "drained" | "banned";

/** Everything that a node can be seen as. */
export const NODE_STATUSES = ["joining", "active", "suspect", "offline", "draining", "drained", "banned"] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

/** From this on the next heartbeat is so late that it would come later still once in 10^8 times. */
export const SUSPECT_PHI = 8;
export const OFFLINE_AFTER_MS = 180_000;

/** So many intervals must pass before a node is offline, whatever was configured. */
const OFFLINE_INTERVALS_MIN = 3;

/** What is known of a node when it is judged. */
export interface NodeEvidence {
  readonly declared: DeclaredNodeState;
  /** How suspicious its silence is: `HeartbeatHistory.phi`. */
  readonly phi: number;
  /** Since its last heartbeat, by a clock that does not jump. */
  readonly silenceMs: number;
}

export interface DetectionTerms {
  readonly heartbeatIntervalMs: number;
  /** Usually `SUSPECT_PHI`. */
  readonly suspectPhi: number;
  /** Usually `OFFLINE_AFTER_MS`; see `offlineAfterMsOf`. */
  readonly offlineAfterMs: number;
}

/** The silence after which a node counts as dead: as configured, and at least three heartbeat intervals. */
export function offlineAfterMsOf(terms: Pick<DetectionTerms, "heartbeatIntervalMs" | "offlineAfterMs">): number {
  return Math.max(terms.offlineAfterMs, OFFLINE_INTERVALS_MIN * terms.heartbeatIntervalMs);
}

/**
 * How a node stands. Suspicion and death are two clocks: phi follows what is usual for the node and takes nothing away
 * but new chunks; only the long silence makes its copies count as lost. A draining node that falls silent is offline
 * too, since it can no longer be read from; it is draining again when it returns. What is over (drained, banned) or has
 * not begun (joining) stays so in silence.
 */
export function statusOf(evidence: NodeEvidence, terms: DetectionTerms): NodeStatus {
  const { declared, phi, silenceMs } = evidence;
  if (declared !== "active" && declared !== "draining") return declared;
  if (silenceMs >= offlineAfterMsOf(terms)) return "offline";
  return declared === "active" && phi >= terms.suspectPhi ? "suspect" : declared;
}
