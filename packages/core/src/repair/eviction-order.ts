import type { ChunkName } from "../ids.ts";
import { type Priority, priorityRank } from "../priority.ts";

/**
 * lru: what was read longest ago · priority: what matters least, then lru · redundant: what has most copies over its
 * promise, then lru · hybrid: what has copies over its promise, then what matters least, then lru, then the larger.
 */
export const EVICTION_STRATEGIES = ["lru", "priority", "redundant", "hybrid"] as const;
export type EvictionStrategy = (typeof EVICTION_STRATEGIES)[number];

/** A chunk that a node could give up. */
export interface EvictionCandidate {
  readonly name: ChunkName;
  /** Sealed length. */
  readonly length: number;
  /** Milliseconds since 1970; undefined where it was never read: then the time of storing counts. */
  readonly lastReadAtMs: number | undefined;
  readonly storedAtMs: number;
  readonly priority: Priority;
  /** Live copies over the promise; negative where there are too few. */
  readonly surplusCopies: number;
  /** Pinned to this node. */
  readonly isPinned: boolean;
}

type Comparison = (a: EvictionCandidate, b: EvictionCandidate) => number;

const longestUnread: Comparison = (a, b) => (a.lastReadAtMs ?? a.storedAtMs) - (b.lastReadAtMs ?? b.storedAtMs);
const leastImportant: Comparison = (a, b) => priorityRank(a.priority) - priorityRank(b.priority);
const mostSurplus: Comparison = (a, b) => b.surplusCopies - a.surplusCopies;
const anySurplus: Comparison = (a, b) => Number(b.surplusCopies > 0) - Number(a.surplusCopies > 0);
const largest: Comparison = (a, b) => b.length - a.length;

const COMPARISONS: Readonly<Record<EvictionStrategy, readonly Comparison[]>> = {
  lru: [longestUnread],
  priority: [leastImportant, longestUnread],
  redundant: [mostSurplus, longestUnread],
  hybrid: [anySurplus, leastImportant, longestUnread, largest],
};

/** The candidates in the order in which they should go, pinned ones left out. Equal ones keep the order given. */
export function evictionOrder(
  candidates: readonly EvictionCandidate[],
  strategy: EvictionStrategy,
): readonly EvictionCandidate[] {
  const comparisons = COMPARISONS[strategy];
  return candidates
    .filter(({ isPinned }) => !isPinned)
    .sort((a, b) => {
      for (const compare of comparisons) {
        const order = compare(a, b);
        if (order !== 0) return order;
      }
      return 0;
    });
}
