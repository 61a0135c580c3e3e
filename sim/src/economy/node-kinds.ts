import type { SeededRandom } from "../chance/seeded-random.ts";

/** Nodes that do what they can. */
export const HONEST_KINDS = {
  steady: "is there, but for an outage now and then",
  flapping: "goes up and down many times a day",
  slow: "has a slow uplink: large batches are late",
  lossy: "loses its disk now and then, and single chunks to rot, and says so",
  muted: "its answers are lost on the way for some minutes now and then",
} as const;

/** Nodes that want to be paid for what they do not keep. */
export const CHEATING_KINDS = {
  hashes: "keeps the trees and no bytes",
  halved: "keeps half of each chunk",
  dropping: "keeps nothing, says nothing of it and makes answers up",
  silent: "keeps nothing and does not answer",
  replaying: "keeps the proofs that it once gave, and the bytes no longer",
  fetching: "keeps nothing and fetches from others what it is asked for",
} as const;

export type HonestKind = keyof typeof HONEST_KINDS;
export type CheatingKind = keyof typeof CHEATING_KINDS;
export type NodeKind = HonestKind | CheatingKind;

const HONEST = Object.keys(HONEST_KINDS) as HonestKind[];
const CHEATING = Object.keys(CHEATING_KINDS) as CheatingKind[];
const CHEATING_SHARE = 0.3;
/** Of the honest ones those that have no trouble of their own. */
const STEADY_SHARE = 0.4;

export function isCheatingKind(kind: NodeKind): kind is CheatingKind {
  return Object.hasOwn(CHEATING_KINDS, kind);
}

/** Cheats whose answers are right: only their being late gives them away, which costs them their pay alone. */
export function isFoundOut(kind: CheatingKind): boolean {
  return kind !== "fetching";
}

/** So many nodes of all kinds; of a few nodes, other kinds with another seed. */
export function chooseKinds(count: number, random: SeededRandom): readonly NodeKind[] {
  const cheats = Math.round(count * CHEATING_SHARE);
  const steady = Math.round((count - cheats) * STEADY_SHARE);
  const troubled = HONEST.filter((kind) => kind !== "steady");
  const first = random.integer(0, CHEATING.length - 1);
  return Array.from({ length: count }, (_, index) => {
    if (index < cheats) return CHEATING[(first + index) % CHEATING.length]!;
    if (index < cheats + steady) return "steady";
    return troubled[(index - cheats - steady) % troubled.length]!;
  });
}
