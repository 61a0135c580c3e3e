import { randomBytes } from "node:crypto";
import type { Random } from "@commonhold/core/random.ts";

/** Chance from the operating system's generator. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random(),
};
