import type { Random } from "@commonhold/core/random.ts";

/** Chance that always falls the same way: `fraction` as given, bytes all zero. */
export function fixedRandom(fraction = 0.5): Random {
  return { bytes: (length) => new Uint8Array(length), fraction: () => fraction };
}
