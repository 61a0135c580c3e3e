import { PACKED_LENGTH_MAX } from "../chunk-store/packs/pack-format.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { openTestStore, type TestStoreParts } from "./open-test-store.ts";

/** A test's store whose small chunks go into packs. */
export function openPackedStore(folder: string, parts: TestStoreParts = {}): Promise<ChunkStore> {
  return openTestStore(folder, { packedLengthMax: PACKED_LENGTH_MAX, ...parts });
}
