import type { BenchCase, FileNeeds } from "../cases/bench-case.ts";
import { COPIES } from "../data/copies.ts";

/** For the databases, the files of the warm-up, and what sealing adds. */
const EXTRA_BYTES = 500_000_000;

/** Cases that share a network and its files. */
export interface Stage {
  readonly cases: readonly BenchCase[];
  /** The most that is on the disk at once. */
  readonly diskBytes: number;
}

/** Neighbours of the same stage are put together, so that what one uploads the next can read. */
export function planStages(cases: readonly BenchCase[], runs: number): readonly Stage[] {
  const groups: BenchCase[][] = [];
  for (const each of cases) {
    const group = groups.at(-1);
    if (group?.[0]?.stage === each.stage) group.push(each);
    else groups.push([each]);
  }
  return groups.map((group) => ({ cases: group, diskBytes: diskBytesOf(group, runs) }));
}

interface Held {
  ours: number;
  floor: number;
}

/** What is uploaded stays; of what is read, only what is not there yet comes on top. */
function diskBytesOf(cases: readonly BenchCase[], runs: number): number {
  const bySize = new Map<number, Held>();
  const heldOf = ({ sizeBytes }: FileNeeds): Held => {
    const held = bySize.get(sizeBytes) ?? { ours: 0, floor: 0 };
    bySize.set(sizeBytes, held);
    return held;
  };
  for (const each of cases) {
    const uploads = each.uploads(runs);
    const uploaded = heldOf(uploads);
    uploaded.ours += uploads.ours;
    uploaded.floor += uploads.floor;
    const reads = each.reads(runs);
    const read = heldOf(reads);
    read.ours = Math.max(read.ours, reads.ours);
    read.floor = Math.max(read.floor, reads.floor);
  }
  let bytes = EXTRA_BYTES;
  for (const [sizeBytes, { ours, floor }] of bySize) bytes += (ours + floor) * sizeBytes * COPIES;
  return bytes;
}
