import { createHash } from "node:crypto";
import type { ChunkName } from "@commonhold/core/ids.ts";

/** A stand-in for the chunk package's naming: the store is handed any. */
export function sha256NameOf(sealed: Uint8Array): ChunkName {
  return createHash("sha256").update(sealed).digest("hex") as ChunkName;
}

export interface TestChunk {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
}

/** `length` bytes that differ by `seed` (below 2³²). */
export function testChunk(seed: number, length = 1000, nameOf = sha256NameOf): TestChunk {
  const sealed = new Uint8Array(length);
  let state = (seed + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    sealed[i] = state >>> 24;
  }
  return { name: nameOf(sealed), sealed };
}
