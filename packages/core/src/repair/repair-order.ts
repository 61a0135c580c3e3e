import type { ChunkName } from "../ids.ts";
import { type Priority, priorityRank } from "../priority.ts";
import type { ChunkUrgency } from "./judge-chunk.ts";

/** A chunk that waits to be repaired. */
export interface RepairCandidate {
  readonly name: ChunkName;
  readonly urgency: ChunkUrgency;
  /** Copies that can surely be read: `ChunkHealth.safe`. */
  readonly safe: number;
  readonly priority: Priority;
  /** Since when it has been waiting, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Lost copies come before copies that are only on the move. */
const RANK_OF_URGENCY: Readonly<Record<ChunkUrgency, number>> = {
  critical: 0,
  degraded: 1,
  relocating: 2,
  unreadable: 3,
  surplus: 4,
  whole: 5,
};

/**
 * For sorting, the one to repair first in front: by urgency, then fewest safe copies, then higher priority, then longest
 * since, then name. Only equal names compare as 0.
 */
export function compareRepairs(a: RepairCandidate, b: RepairCandidate): number {
  return (
    RANK_OF_URGENCY[a.urgency] - RANK_OF_URGENCY[b.urgency] ||
    a.safe - b.safe ||
    priorityRank(b.priority) - priorityRank(a.priority) ||
    a.sinceMs - b.sinceMs ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}
