import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { mayDelete } from "@commonhold/core/repair/fence.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { BatchedChunk, BatchOutcomes } from "@commonhold/wire/exchanges/store-batch.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { ChunkBytes, isSamePlace } from "./chunk-bytes.ts";
import { damaged, notHeld, wrongBytes, wrongLength } from "./chunk-errors.ts";
import type { ChunkIndex, IndexedChunk, Loss, LossReason, StoreTerms } from "./chunk-index.ts";
import type {
  ChunkCondition,
  ChunkPage,
  ChunkStore,
  ChunkStoreDeps,
  DeleteOutcome,
  ReadOptions,
  StoreTotals,
  StoreUsage,
} from "./chunk-store.ts";
import { type BucketComparison, compareBucket } from "./compare-bucket.ts";
import { DurableFolders } from "./durable-folders.ts";
import { PackedChunks, type PackedChunksOptions } from "./packs/packed-chunks.ts";
import { MEDIUM_ERRNOS, storageError } from "./storage-error.ts";
import type { StorageQuota } from "./storage-quota.ts";
import { chunkPath, leafFolder, type StoreLayout } from "./store-layout.ts";
import { StoreChunks } from "./store-chunks.ts";
import { Turns } from "./turns.ts";

/** Where less is left for new chunks, dead bytes in packs are given back sooner. */
const ROOM_SHORT_BYTES = 64 * 1024 * 1024;

export interface FolderChunkStoreParts {
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly quota: StorageQuota;
  readonly packs: PackedChunksOptions;
  /** Sealed bytes of the longest chunk that goes into a pack. */
  readonly packedLengthMax: number;
}

/** The `ChunkStore` of `createChunkStore`. */
export class FolderChunkStore implements ChunkStore {
  readonly #deps: ChunkStoreDeps;
  readonly #layout: StoreLayout;
  readonly #index: ChunkIndex;
  readonly #quota: StorageQuota;
  readonly #packs: PackedChunks;
  readonly #bytes: ChunkBytes;
  readonly #storing: StoreChunks;
  readonly #turns = new Turns<ChunkName>();
  /** A failed call left files and index apart: the next start compares them. */
  #needsReconciling = false;
  #onChange: () => void = () => undefined;
  #closed = false;

  constructor(deps: ChunkStoreDeps, parts: FolderChunkStoreParts) {
    this.#deps = deps;
    this.#layout = parts.layout;
    this.#index = parts.index;
    this.#quota = parts.quota;
    const folders = new DurableFolders(deps.files);
    const common = { ...deps, folders, layout: this.#layout, index: this.#index };
    const onRemainder = (what: unknown, error: unknown): void => this.#noteRemainder(what, error);
    this.#packs = new PackedChunks(
      { ...common, lose: (row, why) => void this.#loseIdle(row, why), onRemainder },
      parts.packs,
    );
    this.#bytes = new ChunkBytes({ ...common, packs: this.#packs });
    this.#storing = new StoreChunks(
      {
        ...common,
        quota: this.#quota,
        bytes: this.#bytes,
        packs: this.#packs,
        onStored: () => this.#onChange(),
        lose: (name, why) => void this.#lose(name, why),
        onRemainder,
      },
      parts.packedLengthMax,
    );
    this.#packs.check();
  }

  async checkRoom(name: ChunkName, length: number, { own = false }: StoreTerms = {}): Promise<void> {
    if (await this.holds(name)) return;
    const reservation = await this.#diskWork("ask for the free space", () => this.#storing.reserve(name, length, own));
    reservation.release();
  }

  async holds(name: ChunkName): Promise<boolean> {
    this.#assertOpen();
    return await this.#diskWork(`look for chunk ${name}`, () => this.#bytes.hasAll(this.#index.get(name)));
  }

  async confirm(name: ChunkName, terms: StoreTerms = {}): Promise<boolean> {
    this.#assertOpen();
    return await this.#turns.run([name], async () => {
      const { kind } = await this.#examine(name);
      if (kind === "whole") this.#index.raise(name, terms);
      else if (kind !== "deleted") this.#lose(name, kind);
      return kind === "whole";
    });
  }

  async store(name: ChunkName, sealed: Uint8Array, terms: StoreTerms = {}): Promise<{ readonly alreadyHeld: boolean }> {
    const [outcome] = await this.storeMany([{ chunkName: name, sealed }], terms);
    if (outcome!.status === "rejected") throw outcome!.reason;
    return outcome!.value;
  }

  async storeMany(chunks: readonly BatchedChunk[], terms: StoreTerms = {}): Promise<BatchOutcomes> {
    this.#assertOpen();
    const refusals = new Map<BatchedChunk, AppError>();
    for (const chunk of chunks) {
      const refusal = this.#refusalOf(chunk);
      if (refusal !== undefined) refusals.set(chunk, refusal);
    }
    const sound = chunks.filter((chunk) => !refusals.has(chunk));
    // A second store of the same chunk finds it held when its turn comes.
    const names = sound.map(({ chunkName }) => chunkName);
    const stored = await this.#turns.run(names, () => this.#storing.store(sound, terms));
    return chunks.map((chunk) => {
      const reason = refusals.get(chunk);
      return reason === undefined ? stored.get(chunk.chunkName)! : { status: "rejected", reason };
    });
  }

  async read(
    name: ChunkName,
    { allocate = allocateNew, lengthMax, isUse = true }: ReadOptions = {},
  ): Promise<Uint8Array> {
    this.#assertOpen();
    const row = this.#index.get(name);
    if (row === undefined) throw notHeld(name);
    if (row.damaged) throw damaged(name, "was found to be rotten");
    if (row.length > (lengthMax ?? row.length)) {
      throw new AppError("CHUNK_CORRUPT", `chunk ${name} has ${row.length} bytes here, not ${lengthMax}`);
    }
    const bytes = await this.#diskWork(`read chunk ${name}`, () => this.#bytes.read(row, allocate));
    if (bytes === undefined) {
      this.#loseIdle(row, "missing");
      throw notHeld(name);
    }
    if (bytes.length !== row.length) {
      this.#loseIdle(row, "damaged");
      throw damaged(name, `has another length on the disk than the ${row.length} bytes that were stored`);
    }
    if (isUse && !this.#closed) this.#index.noteRead(name, this.#deps.clock.nowMs());
    return bytes;
  }

  async delete(name: ChunkName, epoch?: number): Promise<DeleteOutcome> {
    this.#assertOpen();
    return await this.#turns.run([name], async () => {
      const row = this.#index.get(name);
      if (row === undefined) return "not_held";
      // A coordinator that knows of no epochs deletes what it stored itself.
      const isFenced = epoch === undefined ? (row.epoch ?? 0) > 0 : !mayDelete(row.epoch, epoch);
      if (isFenced) return "stored_anew";
      await this.#diskWork(`delete chunk ${name}`, async () => {
        if (row.packed !== undefined) return await this.#packs.delete(row, epoch);
        const wasThere = await this.#deps.files.remove(chunkPath(this.#layout, name));
        this.#index.remove(name);
        if (wasThere) await this.#deps.files.syncFolder(leafFolder(this.#layout, name));
      });
      this.#onChange();
      return "deleted";
    });
  }

  list({ after, until, limit }: Parameters<ChunkStore["list"]>[0]): ChunkPage {
    this.#assertOpen();
    return pageOf(this.#index.page(after, until, limit + 1), limit);
  }

  listHeld({ after, limit }: Parameters<ChunkStore["listHeld"]>[0]): ChunkPage {
    this.#assertOpen();
    return pageOf(this.#index.heldPage(after, limit + 1), limit);
  }

  markDamaged(name: ChunkName): void {
    const row = this.#index.get(name);
    if (row !== undefined) this.#loseIdle(row, "damaged");
  }

  async verify(name: ChunkName): Promise<ChunkCondition> {
    this.#assertOpen();
    const row = this.#index.get(name);
    if (row === undefined) return { kind: "deleted" };
    const condition = await this.#examine(name);
    const { kind } = condition;
    if (kind === "whole" || kind === "deleted") return condition;
    // A store or delete under way settles what the file is.
    return this.#loseIdle(row, kind) || this.#index.get(name)?.damaged === true ? condition : { kind: "deleted" };
  }

  async compareBucket(bucket: number): Promise<BucketComparison> {
    this.#assertOpen();
    const { files, nameOf, logger, clock } = this.#deps;
    const hasWhole = async (row: IndexedChunk): Promise<boolean> => (await this.#look(row)).kind === "whole";
    const deps = { files, nameOf, logger, index: this.#index, layout: this.#layout, turns: this.#turns, hasWhole };
    const comparison = await this.#diskWork("compare chunks with their index", () =>
      compareBucket({ ...deps, nowMs: () => clock.nowMs() }, bucket),
    );
    const { missing, resized, found } = comparison;
    for (const name of [...missing, ...resized]) this.#logLoss(name, missing.includes(name) ? "missing" : "damaged");
    if (missing.length + resized.length + found > 0) this.#onChange();
    return comparison;
  }

  losses(limit: number): readonly Loss[] {
    this.#assertOpen();
    return this.#index.losses(limit);
  }

  acknowledgeLosses(losses: readonly Loss[]): void {
    if (!this.#closed) this.#index.acknowledge(losses);
  }

  async usage(): Promise<StoreUsage> {
    const room = await this.#diskWork("ask for the free space", () => this.#quota.room());
    const { totals } = this.#index;
    const isShort = totals.deadBytes > 0 && room.freeBytesOwn < ROOM_SHORT_BYTES;
    if (!this.#closed) this.#packs.needRoom(isShort ? "short" : "none");
    return { ...totals, ...room };
  }

  totals(): StoreTotals {
    return this.#index.totals;
  }

  watch(onChange: () => void): void {
    this.#onChange = onChange;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turns.idle();
    await this.#packs.close();
    this.#index.close();
    if (this.#needsReconciling) return;
    await this.#diskWork("note the clean stop of the chunk store", () =>
      this.#deps.files.remove(this.#layout.openMarker),
    );
  }

  #refusalOf({ chunkName, sealed }: BatchedChunk): AppError | undefined {
    if (sealed.length < 1 || sealed.length > SEALED_LENGTH_MAX) return wrongLength(chunkName, sealed.length);
    const actual = this.#deps.nameOf(sealed);
    return actual === chunkName ? undefined : wrongBytes(chunkName, actual, sealed.length);
  }

  async #examine(name: ChunkName): Promise<ChunkCondition> {
    const row = this.#index.get(name);
    return row === undefined ? { kind: "deleted" } : await this.#look(row);
  }

  async #look(row: IndexedChunk): Promise<ChunkCondition> {
    const { name } = row;
    if (row.damaged) return { kind: "damaged" };
    try {
      // The disk may well read at the second try what it refused at the first.
      const read = (): Promise<Uint8Array | undefined> => this.#bytes.read(row, allocateNew);
      const bytes = await read().catch(read);
      if (bytes === undefined) return { kind: "missing" };
      const isWhole = bytes.length === row.length && this.#deps.nameOf(bytes) === name;
      return isWhole ? { kind: "whole", length: row.length } : { kind: "damaged" };
    } catch (error) {
      // Others, such as too many open files, say nothing of this chunk.
      if (!MEDIUM_ERRNOS.has(errnoOf(error))) throw storageError(error, `read chunk ${name}`);
      this.#deps.logger.error({ chunk: name, err: error }, "the disk refuses to read a chunk");
      return { kind: "unreadable" };
    }
  }

  /**
   * Unless the chunk is being stored or deleted, which settles what its file is, or was since it was looked at.
   * @param seen its row by then
   * @returns whether it was held until now
   */
  #loseIdle(seen: IndexedChunk, why: LossReason): boolean {
    const { name } = seen;
    if (this.#closed || this.#turns.isBusy(name)) return false;
    const row = this.#index.get(name);
    const isSame =
      row?.storedAtMs === seen.storedAtMs && row.epoch === seen.epoch && isSamePlace(row.packed, seen.packed);
    return isSame && this.#lose(name, why);
  }

  #lose(name: ChunkName, why: LossReason): boolean {
    if (!this.#index.lose(name, why, this.#deps.clock.nowMs())) return false;
    this.#logLoss(name, why);
    this.#onChange();
    return true;
  }

  #logLoss(name: ChunkName, why: LossReason): void {
    const served = why === "missing" ? "it is no longer listed" : "it is not served until it is stored anew";
    this.#deps.logger.error({ chunk: name, why }, `a chunk was lost; ${served}`);
  }

  #noteRemainder(what: unknown, error: unknown): void {
    this.#needsReconciling = true;
    this.#deps.logger.warn({ of: what, err: error }, "cannot remove a half-stored chunk; the next start does");
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

function pageOf(rows: readonly IndexedChunk[], limit: number): ChunkPage {
  return { items: rows.slice(0, limit), more: rows.length > limit };
}

function allocateNew(length: number): Uint8Array {
  return Buffer.allocUnsafeSlow(length);
}
