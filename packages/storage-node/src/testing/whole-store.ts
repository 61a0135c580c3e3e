import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { expect } from "vitest";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { createFailingChunkFiles } from "./failing-chunk-files.ts";
import { ManualClock } from "./manual-clock.ts";
import { filesBelow } from "./open-test-store.ts";
import { packedNames } from "./read-packs.ts";
import { sha256NameOf, testChunk } from "./test-chunks.ts";
import { createUnsyncedChunkFiles } from "./unsynced-chunk-files.ts";

export const NEVER = Number.POSITIVE_INFINITY;

/** The real file system, of which any call can be made to fail. */
export function failingFiles(errno?: string) {
  return createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()), errno);
}

/** Names of all chunks that the store lists. */
export function allNames(store: ChunkStore): readonly ChunkName[] {
  const { items, more } = store.list({ limit: 10_000 });
  expect(more).toBe(false);
  return items.map((item) => item.name);
}

/** A chunk whose name goes to the same folder as `name`. */
export function sameFolder(name: ChunkName) {
  for (let seed = 0; ; seed++) {
    const chunk = testChunk(seed, 40);
    if (chunk.name.startsWith(name.slice(0, 4))) return chunk;
  }
}

/** What is listed is what is on the disk, and every byte of it is right. */
export async function expectWholeStore(store: ChunkStore, folder: string): Promise<void> {
  const names = allNames(store);
  expect(names).toEqual([...filesBelow(join(folder, "chunks")), ...packedNames(folder)].sort());
  let bytes = 0;
  for (const name of names) {
    const sealed = await store.read(name);
    bytes += sealed.length;
    expect(sha256NameOf(sealed)).toBe(name);
  }
  expect(store.totals()).toMatchObject({ chunkCount: names.length, heldBytes: bytes });
}
