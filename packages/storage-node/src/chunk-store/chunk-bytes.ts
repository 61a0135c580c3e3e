import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex, IndexedChunk, PackPlace } from "./chunk-index.ts";
import type { PackedChunks } from "./packs/packed-chunks.ts";
import { chunkPath, type StoreLayout } from "./store-layout.ts";

/** How often a chunk is followed that moves from pack to pack while it is read. */
const MOVES_MAX = 3;

export interface ChunkBytesDeps {
  readonly files: ChunkFiles;
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly packs: PackedChunks;
}

/** Reads chunks wherever they lie: in files of their own, or in packs. */
export class ChunkBytes {
  readonly #deps: ChunkBytesDeps;

  constructor(deps: ChunkBytesDeps) {
    this.#deps = deps;
  }

  /** Whether the chunk is to be served and all of its bytes are there; they are not read. */
  async hasAll(row: IndexedChunk | undefined): Promise<boolean> {
    if (row === undefined || row.damaged) return false;
    const { files, layout, packs, index } = this.#deps;
    if (row.packed === undefined) return (await files.facts(chunkPath(layout, row.name)))?.sizeBytes === row.length;
    if (await packs.hasAll(row)) return true;
    const now = index.get(row.name);
    return now?.packed !== undefined && !isSamePlace(now.packed, row.packed) && (await packs.hasAll(now));
  }

  /** Undefined where they are not there; another number than they should be where they are not right. */
  async read(row: IndexedChunk, allocate: (length: number) => Uint8Array): Promise<Uint8Array | undefined> {
    let at = row;
    for (let moves = 0; ; moves++) {
      const bytes = await this.#readAt(at, allocate);
      if (bytes?.length === at.length) return bytes;
      const now = this.#deps.index.get(row.name);
      if (moves === MOVES_MAX || now?.packed === undefined || isSamePlace(now.packed, at.packed)) return bytes;
      at = now;
    }
  }

  /** Of a file one byte more than is due, which shows one that has grown without a second call to the file system. */
  #readAt(row: IndexedChunk, allocate: (length: number) => Uint8Array): Promise<Uint8Array | undefined> {
    const { files, layout, packs } = this.#deps;
    if (row.packed !== undefined) return packs.read(row, allocate);
    return files.read(chunkPath(layout, row.name), allocate(row.length + 1));
  }
}

export function isSamePlace(one: PackPlace | undefined, other: PackPlace | undefined): boolean {
  return one?.pack === other?.pack && one?.offset === other?.offset;
}
