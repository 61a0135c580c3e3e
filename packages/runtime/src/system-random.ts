import { randomBytes, randomFillSync } from "node:crypto";
import type { Random } from "@commonhold/core/random.ts";

const POOL_BYTES = 4096;
/** Longer ones are asked for by themselves. */
const POOLED_BYTES_MAX = 64;

const pool = new Uint8Array(POOL_BYTES);
let taken = POOL_BYTES;

/** Chance from the operating system's generator; short ones out of one call for many, no byte given twice or kept. */
export const systemRandom: Random = {
  bytes: (length) => {
    if (length > POOLED_BYTES_MAX) return new Uint8Array(randomBytes(length));
    if (taken + length > POOL_BYTES) {
      randomFillSync(pool);
      taken = 0;
    }
    const bytes = pool.slice(taken, taken + length);
    pool.fill(0, taken, taken + length);
    taken += length;
    return bytes;
  },
  fraction: () => Math.random(),
};
