import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { BatchedChunk, BatchOutcomes } from "@commonhold/wire/exchanges/store-batch.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { IndexedChunk, IndexTotals, Loss, StoreTerms } from "./chunk-index.ts";
import type { BucketComparison } from "./compare-bucket.ts";
import { FolderChunkStore } from "./folder-chunk-store.ts";
import { openChunkFolder } from "./open-chunk-folder.ts";
import { PACKED_LENGTH_MAX } from "./packs/pack-format.ts";
import { PACK_BYTES_MAX } from "./packs/pack-writer.ts";
import { type QuotaOptions, StorageQuota, type StorageRoom } from "./storage-quota.ts";
import { storeLayout } from "./store-layout.ts";

export type { Loss, StoreTerms } from "./chunk-index.ts";

export interface ChunkPage {
  readonly items: readonly IndexedChunk[];
  /** Whether there are names above the last one. */
  readonly more: boolean;
}

/** Cheap totals of the index. */
export type StoreTotals = IndexTotals;
export type StoreUsage = StoreTotals & StorageRoom;

/** deleted: gone, durably · not_held: it was not there · stored_anew: stored under the deletion's epoch or a later one. */
export type DeleteOutcome = "deleted" | "not_held" | "stored_anew";

/** What a look at every byte of a chunk showed; deleted: it is not held, or is being changed. */
export type ChunkCondition =
  | { readonly kind: "whole"; readonly length: number }
  | { readonly kind: "damaged" | "missing" | "unreadable" | "deleted" };

export interface ReadOptions {
  /** Memory for the bytes, of one more than they have; new memory where it is not given. */
  readonly allocate?: ((length: number) => Uint8Array) | undefined;
  /** A longer chunk is refused (CHUNK_CORRUPT) before memory is taken. */
  readonly lengthMax?: number | undefined;
  /** Whether it counts as a use, by which the chunk stays longer than others; true where it is not given. */
  readonly isUse?: boolean;
}

/** Sealed chunks on a disk, named by their content. */
export interface ChunkStore {
  /**
   * Refuses early what `store` would refuse, before the bytes are received.
   * @throws AppError NO_SPACE, STORAGE_FAILURE
   */
  checkRoom(name: ChunkName, length: number, terms?: StoreTerms): Promise<void>;
  /** Whether the chunk is held and its file is there at its full length. @throws AppError STORAGE_FAILURE */
  holds(name: ChunkName): Promise<boolean>;
  /**
   * Whether the chunk is held, after every byte of it was read and found right; it is then held under the terms given.
   * One that is damaged is taken out of service. @throws AppError STORAGE_FAILURE
   */
  confirm(name: ChunkName, terms?: StoreTerms): Promise<boolean>;
  /**
   * Resolves when the chunk is on the medium. A chunk that is held already, with exactly these bytes, is not written
   * again; the higher epoch counts.
   * @throws AppError CHUNK_CORRUPT where the bytes do not hash to the name, WRONG_CHUNK_LENGTH, NO_SPACE,
   * STORAGE_FAILURE
   */
  store(name: ChunkName, sealed: Uint8Array, terms?: StoreTerms): Promise<{ readonly alreadyHeld: boolean }>;
  /**
   * The same for several chunks of different names, for less: they wait for the medium together. What one fails with
   * does not touch the others.
   * @returns what became of each chunk, in their order
   */
  storeMany(chunks: readonly BatchedChunk[], terms?: StoreTerms): Promise<BatchOutcomes>;
  /**
   * The sealed bytes as they are on the disk; whoever uses them checks the name.
   * @throws AppError CHUNK_NOT_FOUND, CHUNK_CORRUPT (known to be rotten, or of another length), STORAGE_FAILURE
   */
  read(name: ChunkName, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * Deletes the chunk unless it was stored under `epoch` or a later one; what is being stored is waited for. Without
   * an epoch only what was stored without one goes.
   * @throws AppError STORAGE_FAILURE
   */
  delete(name: ChunkName, epoch?: number): Promise<DeleteOutcome>;
  /** Up to `limit` whole chunks with a name above `after` and up to `until`, ascending. */
  list(page: {
    readonly after?: ChunkName | undefined;
    readonly until?: ChunkName | undefined;
    readonly limit: number;
  }): ChunkPage;
  /** The same, damaged ones too. */
  listHeld(page: { readonly after?: ChunkName | undefined; readonly limit: number }): ChunkPage;
  /** Takes a chunk whose bytes were found to be wrong out of service, until it is stored anew or deleted. */
  markDamaged(name: ChunkName): void;
  /** Reads every byte of a chunk; one that is not as it should be is taken out of service. @throws AppError SHUTTING_DOWN */
  verify(name: ChunkName): Promise<ChunkCondition>;
  /**
   * Makes index and folder agree on the chunks whose names begin with this byte: what is gone or has another length is
   * lost, what is there without a row is held again. @throws AppError STORAGE_FAILURE
   */
  compareBucket(bucket: number): Promise<BucketComparison>;
  /** Chunks that were held and are not any more, or not whole, the oldest first, until they are acknowledged. */
  losses(limit: number): readonly Loss[];
  acknowledgeLosses(losses: readonly Loss[]): void;
  usage(): Promise<StoreUsage>;
  totals(): StoreTotals;
  /** Calls `onChange` from now on after each chunk that was newly stored, deleted or lost. */
  watch(onChange: () => void): void;
  /** Lets what is under way end. */
  close(): Promise<void>;
}

export interface ChunkStoreDeps {
  readonly files: ChunkFiles;
  /** `chunkNameOf` of the chunk package. */
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

export interface ChunkStoreOptions extends QuotaOptions {
  /** The node's data folder, which exists. */
  readonly folder: string;
  /** Sealed bytes of the longest chunk that goes into a pack, at most and by default 64 KiB. */
  readonly packedLengthMax?: number;
  /** A pack that would grow longer is ended; 64 MiB where it is not given. */
  readonly packBytesMax?: number;
}

/**
 * Opens the store in `folder`: removes what a crash left in `tmp/` and, where the last stop was not clean or the index
 * is unusable, makes the index agree with the chunk files and packs.
 * @throws AppError STORAGE_FAILURE, NO_SPACE
 */
export async function createChunkStore(deps: ChunkStoreDeps, options: ChunkStoreOptions): Promise<ChunkStore> {
  const layout = storeLayout(options.folder);
  const { index, lastPack } = await openChunkFolder(deps, layout);
  const quota = new StorageQuota(
    {
      held: () => index.totals,
      diskFreeBytes: () => deps.files.freeBytes(layout.folder),
      clock: deps.clock,
    },
    options,
  );
  return new FolderChunkStore(deps, {
    layout,
    index,
    quota,
    packs: { packBytesMax: options.packBytesMax ?? PACK_BYTES_MAX, lastPack },
    packedLengthMax: Math.min(options.packedLengthMax ?? PACKED_LENGTH_MAX, PACKED_LENGTH_MAX),
  });
}
