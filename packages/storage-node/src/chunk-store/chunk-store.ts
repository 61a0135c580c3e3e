import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex, IndexedChunk } from "./chunk-index.ts";
import { DurableFolders } from "./durable-folders.ts";
import { openChunkFolder } from "./open-chunk-folder.ts";
import { storageError } from "./storage-error.ts";
import { StorageQuota } from "./storage-quota.ts";
import { chunkPath, leafFolder, type StoreLayout, storeLayout } from "./store-layout.ts";
import { Turns } from "./turns.ts";
import { writeChunkFile } from "./write-chunk-file.ts";

export interface ChunkPage {
  readonly items: readonly IndexedChunk[];
  /** Whether there are names above the last one. */
  readonly more: boolean;
}

export interface StoreUsage {
  readonly chunkCount: number;
  /** Sealed bytes held. */
  readonly usedBytes: number;
  /** Sealed bytes that can still be stored, by quota and by disk. */
  readonly freeBytes: number;
  /** What the node offers in all: `storage.max_bytes`, or less where the disk has less. */
  readonly capacityBytes: number;
}

/** Sealed chunks on a disk, named by their content. */
export interface ChunkStore {
  /**
   * Refuses early what `store` would refuse, before the bytes are received.
   * @throws AppError NO_SPACE, STORAGE_FAILURE
   */
  checkRoom(name: ChunkName, length: number): Promise<void>;
  /** Whether the chunk is held and its file is there at its full length. @throws AppError STORAGE_FAILURE */
  holds(name: ChunkName): Promise<boolean>;
  /**
   * Resolves when the chunk is on the medium. A chunk that is held already is not written again.
   * @throws AppError CHUNK_CORRUPT where the bytes do not hash to the name, WRONG_CHUNK_LENGTH, NO_SPACE,
   * STORAGE_FAILURE
   */
  store(name: ChunkName, sealed: Uint8Array): Promise<{ readonly alreadyHeld: boolean }>;
  /**
   * The sealed bytes as they are on the disk; whoever uses them checks the name.
   * @param allocate memory for them, of one byte more than they have; new memory where it is not given
   * @throws AppError CHUNK_NOT_FOUND, CHUNK_CORRUPT (known to be rotten, or of another length), STORAGE_FAILURE
   */
  read(name: ChunkName, allocate?: (length: number) => Uint8Array): Promise<Uint8Array>;
  /** Whether the chunk was held; resolves when its removal is on the medium. */
  delete(name: ChunkName): Promise<boolean>;
  /** Up to `limit` whole chunks with a name above `after`, ascending. */
  list(page: { readonly after?: ChunkName | undefined; readonly limit: number }): ChunkPage;
  /** Takes a chunk whose bytes were found to be wrong out of service, until it is stored anew or deleted. */
  markDamaged(name: ChunkName): void;
  usage(): Promise<StoreUsage>;
  /** Cheap totals of the index, for metrics. */
  totals(): { readonly chunkCount: number; readonly usedBytes: number };
  /** Calls `onChange` from now on after each chunk that was newly stored or was deleted. */
  watch(onChange: () => void): void;
  /** Lets what is under way end. */
  close(): Promise<void>;
}

export interface ChunkStoreDeps {
  readonly files: ChunkFiles;
  /** `chunkNameOf` of the chunk package. */
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ChunkStoreOptions {
  /** The node's data folder, which exists. */
  readonly folder: string;
  readonly bytesMax: number;
  readonly diskFreeBytesMin: number;
}

/**
 * Opens the store in `folder`: removes what a crash left in `tmp/` and, where the last stop was not clean or the index
 * is unusable, makes the index agree with the chunk files.
 * @throws AppError STORAGE_FAILURE, NO_SPACE
 */
export async function createChunkStore(deps: ChunkStoreDeps, options: ChunkStoreOptions): Promise<ChunkStore> {
  const layout = storeLayout(options.folder);
  const index = await openChunkFolder(deps, layout);
  const quota = new StorageQuota(
    {
      usedBytes: () => index.totals.usedBytes,
      diskFreeBytes: () => deps.files.freeBytes(layout.folder),
      clock: deps.clock,
    },
    options,
  );
  return new FolderChunkStore(deps, { layout, index, quota });
}

class FolderChunkStore implements ChunkStore {
  readonly #deps: ChunkStoreDeps;
  readonly #layout: StoreLayout;
  readonly #index: ChunkIndex;
  readonly #quota: StorageQuota;
  readonly #folders: DurableFolders;
  readonly #turns = new Turns<ChunkName>();
  /** A failed call left files and index apart: the next start compares them. */
  #needsReconciling = false;
  #writes = 0;
  #onChange: () => void = () => undefined;
  #closed = false;

  constructor(
    deps: ChunkStoreDeps,
    parts: { readonly layout: StoreLayout; readonly index: ChunkIndex; readonly quota: StorageQuota },
  ) {
    this.#deps = deps;
    this.#layout = parts.layout;
    this.#index = parts.index;
    this.#quota = parts.quota;
    this.#folders = new DurableFolders(deps.files);
  }

  async checkRoom(name: ChunkName, length: number): Promise<void> {
    if (await this.holds(name)) return;
    const replacedBytes = this.#index.get(name)?.length ?? 0;
    const reservation = await this.#diskWork("ask for the free space", () =>
      this.#quota.reserve(length, replacedBytes),
    );
    reservation.release();
  }

  async holds(name: ChunkName): Promise<boolean> {
    this.#assertOpen();
    return await this.#diskWork(`look for chunk ${name}`, () => this.#isWhole(name));
  }

  async store(name: ChunkName, sealed: Uint8Array): Promise<{ readonly alreadyHeld: boolean }> {
    this.#assertOpen();
    if (sealed.length < 1 || sealed.length > SEALED_LENGTH_MAX) throw wrongLength(name, sealed.length);
    const actual = this.#deps.nameOf(sealed);
    if (actual !== name) {
      throw new AppError(
        "CHUNK_CORRUPT",
        `The ${sealed.length} bytes hash to ${actual}, not to ${name}; send them again`,
      );
    }
    // A second store of the same chunk finds it held when its turn comes.
    return await this.#turns.run(name, () => this.#storeAlone(name, sealed));
  }

  async read(name: ChunkName, allocate = allocateNew): Promise<Uint8Array> {
    this.#assertOpen();
    const row = this.#index.get(name);
    if (row === undefined) throw notHeld(name);
    if (row.damaged) throw damaged(name, "was found to be rotten");
    // One byte more than is due shows a file that has grown without a second call to the file system.
    const bytes = await this.#diskWork(`read chunk ${name}`, () =>
      this.#deps.files.read(chunkPath(this.#layout, name), allocate(row.length + 1)),
    );
    if (bytes === undefined) return this.#vanished(name);
    if (bytes.length !== row.length) {
      this.markDamaged(name);
      throw damaged(name, `has another length on the disk than the ${row.length} bytes that were stored`);
    }
    if (!this.#closed) this.#index.noteRead(name, this.#deps.clock.nowMs());
    return bytes;
  }

  async delete(name: ChunkName): Promise<boolean> {
    this.#assertOpen();
    return await this.#turns.run(name, async () => {
      if (this.#index.get(name) === undefined) return false;
      await this.#diskWork(`delete chunk ${name}`, async () => {
        const wasThere = await this.#deps.files.remove(chunkPath(this.#layout, name));
        this.#index.remove(name);
        if (wasThere) await this.#deps.files.syncFolder(leafFolder(this.#layout, name));
      });
      this.#onChange();
      return true;
    });
  }

  list({ after, limit }: { readonly after?: ChunkName | undefined; readonly limit: number }): ChunkPage {
    this.#assertOpen();
    const rows = this.#index.page(after, limit + 1);
    return { items: rows.slice(0, limit), more: rows.length > limit };
  }

  markDamaged(name: ChunkName): void {
    // A store or delete under way settles what the file is.
    if (this.#closed || this.#turns.isBusy(name) || this.#index.get(name) === undefined) return;
    this.#index.markDamaged(name);
    this.#deps.logger.error({ chunk: name }, "chunk is damaged; it is not served until it is stored anew");
  }

  async usage(): Promise<StoreUsage> {
    const room = await this.#diskWork("ask for the free space", () => this.#quota.room());
    return { ...this.#index.totals, ...room };
  }

  totals(): { readonly chunkCount: number; readonly usedBytes: number } {
    return this.#index.totals;
  }

  watch(onChange: () => void): void {
    this.#onChange = onChange;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turns.idle();
    this.#index.close();
    if (this.#needsReconciling) return;
    await this.#diskWork("note the clean stop of the chunk store", () =>
      this.#deps.files.remove(this.#layout.openMarker),
    );
  }

  async #storeAlone(name: ChunkName, sealed: Uint8Array): Promise<{ readonly alreadyHeld: boolean }> {
    const doing = `store chunk ${name}`;
    if (await this.#diskWork(doing, () => this.#isWhole(name))) return { alreadyHeld: true };
    const replacedBytes = this.#index.get(name)?.length ?? 0;
    const reservation = await this.#diskWork(doing, () => this.#quota.reserve(sealed.length, replacedBytes));
    this.#writes += 1;
    try {
      await this.#diskWork(doing, () =>
        writeChunkFile(
          { files: this.#deps.files, folders: this.#folders, layout: this.#layout },
          {
            name,
            sealed,
            temporaryName: `${name}.${this.#writes}`,
            onDurable: () => this.#index.put({ name, length: sealed.length, storedAtMs: this.#deps.clock.nowMs() }),
            onWithdrawn: () => this.#index.remove(name),
            onRemainder: (error) => this.#noteRemainder(name, error),
          },
        ),
      );
    } finally {
      reservation.release();
    }
    this.#onChange();
    return { alreadyHeld: false };
  }

  async #isWhole(name: ChunkName): Promise<boolean> {
    const row = this.#index.get(name);
    if (row === undefined || row.damaged) return false;
    return (await this.#deps.files.facts(chunkPath(this.#layout, name)))?.sizeBytes === row.length;
  }

  /** The file is gone though the index has it: somebody removed it, or a delete came in between. */
  #vanished(name: ChunkName): never {
    if (!this.#closed && !this.#turns.isBusy(name) && this.#index.remove(name)) {
      this.#deps.logger.error({ chunk: name }, "the file of a chunk is missing; the chunk is no longer listed");
    }
    throw notHeld(name);
  }

  #noteRemainder(name: ChunkName, error: unknown): void {
    this.#needsReconciling = true;
    this.#deps.logger.warn({ chunk: name, err: error }, "cannot remove a half-stored chunk; the next start does");
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError("SHUTTING_DOWN", "The node is shutting down; ask another one");
  }

  async #diskWork<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageError(error, doing);
    }
  }
}

function allocateNew(length: number): Uint8Array {
  return Buffer.allocUnsafeSlow(length);
}

function notHeld(name: ChunkName): AppError {
  return new AppError("CHUNK_NOT_FOUND", `This node does not hold chunk ${name}`);
}

function wrongLength(name: ChunkName, length: number): AppError {
  return new AppError(
    "WRONG_CHUNK_LENGTH",
    `Chunk ${name} came with ${length} bytes; a sealed chunk has 1 to ${SEALED_LENGTH_MAX}`,
  );
}

function damaged(name: ChunkName, how: string): AppError {
  return new AppError("CHUNK_CORRUPT", `Chunk ${name} ${how}; fetch another replica`);
}
