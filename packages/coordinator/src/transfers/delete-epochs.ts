import type { Clock } from "@commonhold/core/clock.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";

/**
 * The fence between stores and deletions of the same copy. A store is granted, and later recorded, under `current()`,
 * read before its grant is made; every batch of deletions takes `next()` before its command is applied. So a deletion
 * is later than each store with a lower epoch, and a node that stored under the same or a higher one keeps the copy.
 */
export interface DeleteEpochs {
  current(): number;
  next(): number;
}

/** @param highest of any deletion so far; one that was taken and never used may be taken again */
export function createDeleteEpochs(highest: number): DeleteEpochs {
  let epoch = highest;
  return {
    current: () => epoch,
    next: () => (epoch += 1),
  };
}

/**
 * As the catalog knows them, and no lower than the seconds since 1970: nodes remember epochs of a catalog that was lost,
 * and one that was restored from an older copy must get past them.
 */
export async function openDeleteEpochs(
  catalog: Pick<ReplicaCatalog, "highestEpoch">,
  clock: Pick<Clock, "nowMs">,
): Promise<DeleteEpochs> {
  return createDeleteEpochs(Math.max(await catalog.highestEpoch(), Math.floor(clock.nowMs() / 1000)));
}
