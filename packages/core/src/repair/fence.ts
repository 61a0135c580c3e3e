/**
 * Whether a deletion may take away what lies on a node. Stores are granted under the epoch of the last deletion, and
 * every batch of deletions takes a new one first: so what was stored under the deletion's own epoch or a later one was
 * asked for after it, and stays.
 * @param storedEpoch under which the node stored it; undefined where that was not recorded
 */
export function mayDelete(storedEpoch: number | undefined, deletionEpoch: number): boolean {
  return storedEpoch === undefined || storedEpoch < deletionEpoch;
}
