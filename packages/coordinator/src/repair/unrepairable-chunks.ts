import type { ChunkName } from "@commonhold/core/ids.ts";
import type { UnrepairableReason } from "./plan-copy.ts";

/** A chunk that lacks copies and cannot be given any now. */
export interface UnrepairableChunk {
  readonly name: ChunkName;
  readonly reason: UnrepairableReason;
  /** About since when it has been below its promise, in milliseconds since 1970. */
  readonly sinceMs: number;
}

export function countByReason(chunks: Iterable<UnrepairableChunk>): Record<UnrepairableReason, number> {
  const counts = { no_readable_copy: 0, no_node_with_room: 0, pinned_node_takes_nothing: 0 };
  for (const { reason } of chunks) counts[reason] += 1;
  return counts;
}
