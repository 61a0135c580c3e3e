import { join } from "node:path";
import { type ChunkName, isChunkName } from "@commonhold/core/ids.ts";

const BRANCH = /^[0-9a-f]$/;

/** Where the store keeps what, inside the node's data folder: docs/chunk-store.md. */
export interface StoreLayout {
  readonly folder: string;
  readonly chunks: string;
  /** Of packs, in which small chunks lie together. */
  readonly packs: string;
  readonly temporary: string;
  readonly index: string;
  /** There while the store is open; found at a start, it says that the last stop was not a clean one. */
  readonly openMarker: string;
}

export function storeLayout(folder: string): StoreLayout {
  return {
    folder,
    chunks: join(folder, "chunks"),
    packs: join(folder, "packs"),
    temporary: join(folder, "tmp"),
    index: join(folder, "index.db"),
    openMarker: join(folder, "store-open"),
  };
}

/** `chunks/a/b` for ab…: 256 folders, so that few chunks have to wait for a new one, and none of them grows large. */
export function leafFolder(layout: StoreLayout, name: ChunkName): string {
  return join(layout.chunks, name.charAt(0), name.charAt(1));
}

export function chunkPath(layout: StoreLayout, name: ChunkName): string {
  return join(leafFolder(layout, name), name);
}

/** Whether `text` can be the name of one of the two levels of folders. */
export function isBranchName(text: string): boolean {
  return BRANCH.test(text);
}

/** Whether a file of this name belongs in `chunks/a/b` where `prefix` is "ab". */
export function belongsIn(prefix: string, fileName: string): fileName is ChunkName {
  return isChunkName(fileName) && fileName.startsWith(prefix);
}
