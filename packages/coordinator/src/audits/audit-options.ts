import { AUDIT_CHUNKS_MAX, AUDIT_LEAVES_MAX } from "@commonhold/core/audit/audit-question.ts";

/** What audits are held to. */
export interface AuditOptions {
  /** In which every copy is asked for once. */
  readonly cycleMs: number;
  /** An answer counts only within this time after the question was delivered. */
  readonly deadlineMs: number;
  /** Iterations of the closing hash. */
  readonly difficulty: number;
  /** Leaves that are asked of each chunk, 1 to `LEAF_COUNT_MAX`. */
  readonly leafCount: number;
  /** Challenges under way at once, of all nodes together; one node has one at most. */
  readonly concurrent: number;
  /** Sealed bytes that one node is made to read for audits in a second. */
  readonly bytesPerSecondPerNode: number;
}

export const LEAF_COUNT_MAX = Math.floor(AUDIT_LEAVES_MAX / AUDIT_CHUNKS_MAX);

/** A node that answered wrongly is looked at so many times as often for a while. */
export const CLOSER_LOOK_FACTOR = 4;

/** Questions to one node that wait to be asked again; as long as there are so many, it is asked nothing else. */
export const UNANSWERED_MAX = 4;

/** What an operator holds audits to for a while; what is not given is as configured. */
export interface AuditThrottle {
  /** Sealed bytes that all nodes together are made to read in a second. */
  readonly bytesPerSecond?: number;
  readonly concurrent?: number;
}
