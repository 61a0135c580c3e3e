import type { NodeId } from "../ids.ts";
import { intersection, lengthMs, overlapMs, type TimeInterval, type TimeSpans, without } from "./time-interval.ts";

/** One copy of a chunk while a node held it. */
export interface HeldCopy {
  readonly nodeId: NodeId;
  /** From when it was held; it may have been before the day. */
  readonly fromMs: number;
  /** Infinity: it is held still. */
  readonly toMs: number;
  /** How many copies of the chunk were promised while this one was held. */
  readonly promised: number;
}

export interface CountedDay {
  readonly day: TimeInterval;
  /** A node's absences, without the time in which no coordinator watched: it is not blamed for that. */
  readonly absencesOf: (nodeId: NodeId) => TimeSpans;
}

export interface CountedCopy {
  readonly nodeId: NodeId;
  /** Greater than 0, at most a day. A node may stand here more than once. */
  readonly countedMs: number;
}

/**
 * For how long each copy of a chunk counts in a day: while it was held and its node was there, and, at any instant, for
 * no more copies than were promised, those held longest first (of two held equally long, that of the node whose id
 * sorts first). Where the promise differs between copies that are there, the largest holds. A node counts once at a time.
 */
export function countedCopies(copies: readonly HeldCopy[], counted: CountedDay): readonly CountedCopy[] {
  const held = copies.filter((copy) => lengthMs(intersection(copy, counted.day)) > 0);
  return held.length <= fewestPromised(held) && areOfDifferentNodes(held)
    ? held.flatMap((copy) => withoutLimit(copy, counted))
    : withinPromise(held, counted);
}

function fewestPromised(copies: readonly HeldCopy[]): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (const { promised } of copies) fewest = Math.min(fewest, promised);
  return fewest;
}

function areOfDifferentNodes(copies: readonly HeldCopy[]): boolean {
  return copies.every((copy, index) => {
    for (let other = 0; other < index; other++) if (copies[other]!.nodeId === copy.nodeId) return false;
    return true;
  });
}

function withoutLimit(copy: HeldCopy, { day, absencesOf }: CountedDay): readonly CountedCopy[] {
  const held = intersection(copy, day);
  const countedMs = lengthMs(held) - overlapMs(absencesOf(copy.nodeId), held);
  return countedMs === 0 ? [] : [{ nodeId: copy.nodeId, countedMs }];
}

/** A copy that comes, or one that goes. */
interface Turn {
  readonly atMs: number;
  /** Index by rank. */
  readonly rank: number;
  readonly comes: boolean;
}

/** Goes through the instants at which a copy comes or goes. */
function withinPromise(copies: readonly HeldCopy[], counted: CountedDay): readonly CountedCopy[] {
  const ranked = copies.toSorted(heldLongerFirst);
  const turns = ranked.flatMap((copy, rank) => turnsOf(copy, rank, counted)).sort((a, b) => a.atMs - b.atMs);
  const isThere = ranked.map(() => 0);
  const countedMs = ranked.map(() => 0);
  let sinceMs = counted.day.fromMs;
  for (const { atMs, rank, comes } of turns) {
    if (atMs > sinceMs) addCounted({ ranked, isThere, countedMs }, atMs - sinceMs);
    sinceMs = atMs;
    isThere[rank]! += comes ? 1 : -1;
  }
  return ranked.flatMap(({ nodeId }, rank) => (countedMs[rank]! > 0 ? [{ nodeId, countedMs: countedMs[rank]! }] : []));
}

function turnsOf(copy: HeldCopy, rank: number, { day, absencesOf }: CountedDay): readonly Turn[] {
  return without(intersection(copy, day), absencesOf(copy.nodeId)).flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, rank, comes: true },
    { atMs: toMs, rank, comes: false },
  ]);
}

interface Ranking {
  readonly ranked: readonly HeldCopy[];
  readonly isThere: readonly number[];
  readonly countedMs: number[];
}

function addCounted({ ranked, isThere, countedMs }: Ranking, ms: number): void {
  let left = 0;
  for (const [rank, copy] of ranked.entries()) if (isThere[rank]! > 0) left = Math.max(left, copy.promised);
  const nodes: NodeId[] = [];
  for (const [rank, { nodeId }] of ranked.entries()) {
    if (left === 0) return;
    if (isThere[rank]! === 0 || nodes.includes(nodeId)) continue;
    nodes.push(nodeId);
    countedMs[rank]! += ms;
    left -= 1;
  }
}

function heldLongerFirst(a: HeldCopy, b: HeldCopy): number {
  return a.fromMs - b.fromMs || (a.nodeId < b.nodeId ? -1 : Number(a.nodeId > b.nodeId));
}
