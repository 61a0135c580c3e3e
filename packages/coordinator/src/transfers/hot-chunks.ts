import { freeMemory } from "@commonhold/core/free-memory.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { BufferLease, BufferSource } from "@commonhold/runtime/buffer-pool.ts";
import { LRUCache } from "lru-cache";

/** Longer chunks are not kept: their bytes cost more than the way to a node, and a single video would fill it all. */
const KEPT_LENGTH_MAX = 64 * 1024;
/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 512;

/**
 * Small sealed chunks that were read or written last, in memory. They are as useless without their keys as they are on
 * a node, and whoever asks for one has been let in to a file that has it; so nothing is to be taken out when a file is
 * deleted or no longer shared.
 */
export interface HotChunks {
  /** Memory that it takes now. */
  readonly usedBytes: number;
  /** Whether chunks of this length are kept at all. */
  keeps(sealedLength: number): boolean;
  /** Keeps a copy, in the place of those that were of no use for longest. @param sealed bytes that have this name */
  add(name: ChunkName, sealed: Uint8Array): void;
  /** A copy of the sealed bytes; the caller releases it. */
  read(name: ChunkName): BufferLease | undefined;
}

/** @param options.bytesMax most memory that it may take; it keeps nothing where that is 0 */
export function createHotChunks(buffers: BufferSource, options: { readonly bytesMax: number }): HotChunks {
  const { bytesMax } = options;
  const keeps = (length: number): boolean => length <= KEPT_LENGTH_MAX && length + ENTRY_BYTES <= bytesMax;
  if (bytesMax === 0) return { usedBytes: 0, keeps: () => false, add: () => {}, read: () => undefined };
  const kept = new LRUCache<ChunkName, Uint8Array>({
    maxSize: bytesMax,
    sizeCalculation: (bytes) => bytes.length + ENTRY_BYTES,
    // It gives out copies alone, so nobody else has these bytes.
    dispose: (bytes) => freeMemory(bytes),
  });
  return {
    get usedBytes() {
      return kept.calculatedSize;
    },
    keeps,
    add: (name, sealed) => {
      if (!keeps(sealed.length) || kept.get(name) !== undefined) return;
      kept.set(name, new Uint8Array(sealed));
    },
    read: (name) => {
      const sealed = kept.get(name);
      if (sealed === undefined) return undefined;
      const copy = buffers.lease(sealed.length);
      copy.bytes.set(sealed);
      return copy;
    },
  };
}
