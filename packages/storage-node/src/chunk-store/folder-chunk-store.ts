import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { mayDelete } from "@commonhold/core/repair/fence.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { BatchedChunk, BatchOutcomes } from "@commonhold/wire/exchanges/store-batch.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
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
import { storageError } from "./storage-error.ts";
import type { Reservation, StorageQuota } from "./storage-quota.ts";
import { chunkPath, leafFolder, type StoreLayout } from "./store-layout.ts";
import { Turns } from "./turns.ts";
import { type ChunkToWrite, writeChunkFiles } from "./write-chunk-files.ts";

/** By these a medium says that it cannot give back what was written there. */
const MEDIUM_ERRNOS: ReadonlySet<string | undefined> = new Set(["EIO", "EREMOTEIO", "EBADMSG", "EUCLEAN", "EILSEQ"]);

type StoreOutcome = BatchOutcomes[number];

export interface FolderChunkStoreParts {
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly quota: StorageQuota;
}

/** The `ChunkStore` of `createChunkStore`. */
export class FolderChunkStore implements ChunkStore {
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

  constructor(deps: ChunkStoreDeps, parts: FolderChunkStoreParts) {
    this.#deps = deps;
    this.#layout = parts.layout;
    this.#index = parts.index;
    this.#quota = parts.quota;
    this.#folders = new DurableFolders(deps.files);
  }

  async checkRoom(name: ChunkName, length: number, { own = false }: StoreTerms = {}): Promise<void> {
    if (await this.holds(name)) return;
    const replacedBytes = this.#index.get(name)?.length ?? 0;
    const reservation = await this.#diskWork("ask for the free space", () =>
      this.#quota.reserve(length, { replacedBytes, own }),
    );
    reservation.release();
  }

  async holds(name: ChunkName): Promise<boolean> {
    this.#assertOpen();
    return await this.#diskWork(`look for chunk ${name}`, () => this.#hasWholeFile(this.#index.get(name)));
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
    const stored = await this.#turns.run(names, () => this.#storeAlone(sound, terms));
    return chunks.map((chunk) => {
      const reason = refusals.get(chunk);
      return reason === undefined ? stored.get(chunk.chunkName)! : { status: "rejected", reason };
    });
  }

  async read(name: ChunkName, { allocate, isUse = true }: ReadOptions = {}): Promise<Uint8Array> {
    this.#assertOpen();
    const row = this.#index.get(name);
    if (row === undefined) throw notHeld(name);
    if (row.damaged) throw damaged(name, "was found to be rotten");
    const bytes = await this.#diskWork(`read chunk ${name}`, () => this.#readFile(row, allocate));
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
    const deps = { files, nameOf, logger, index: this.#index, layout: this.#layout, turns: this.#turns };
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
    return { ...this.#index.totals, ...room };
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

  /** While nothing else happens to these chunks. */
  async #storeAlone(chunks: readonly BatchedChunk[], terms: StoreTerms): Promise<ReadonlyMap<ChunkName, StoreOutcome>> {
    const outcomes = new Map<ChunkName, StoreOutcome>();
    const admitted: { readonly chunk: ChunkToWrite; readonly reservation: Reservation }[] = [];
    for (const { chunkName: name, sealed } of chunks) {
      try {
        const reservation = await this.#admit(name, sealed, terms);
        if (reservation === undefined) outcomes.set(name, { status: "fulfilled", value: { alreadyHeld: true } });
        else admitted.push({ chunk: { name, sealed, temporaryName: `${name}.${++this.#writes}` }, reservation });
      } catch (reason) {
        outcomes.set(name, { status: "rejected", reason });
      }
    }
    if (admitted.length === 0) return outcomes;
    const toWrite = admitted.map(({ chunk }) => chunk);
    const failures = await this.#write(toWrite, terms).finally(() => {
      for (const { reservation } of admitted) reservation.release();
    });
    for (const { chunk } of admitted) {
      if (failures.has(chunk.name)) {
        const reason = storageError(failures.get(chunk.name), `store chunk ${chunk.name}`);
        outcomes.set(chunk.name, { status: "rejected", reason });
      } else {
        outcomes.set(chunk.name, { status: "fulfilled", value: { alreadyHeld: false } });
        this.#onChange();
      }
    }
    return outcomes;
  }

  /** Room for a chunk; undefined where it is held already, which it then is under these terms. */
  #admit(name: ChunkName, sealed: Uint8Array, terms: StoreTerms): Promise<Reservation | undefined> {
    return this.#diskWork(`store chunk ${name}`, async () => {
      const row = this.#index.get(name);
      if (row !== undefined && (await this.#hasWholeFile(row)) && (await this.#hasBytes(row, sealed))) {
        this.#index.raise(name, terms);
        return undefined;
      }
      return await this.#quota.reserve(sealed.length, { replacedBytes: row?.length ?? 0, own: terms.own === true });
    });
  }

  #write(
    chunks: readonly ChunkToWrite[],
    { epoch, own = false }: StoreTerms,
  ): Promise<ReadonlyMap<ChunkName, unknown>> {
    return writeChunkFiles(
      {
        files: this.#deps.files,
        folders: this.#folders,
        layout: this.#layout,
        onDurable: (durable) => {
          const storedAtMs = this.#deps.clock.nowMs();
          this.#index.put(durable.map(({ name, sealed }) => ({ name, length: sealed.length, storedAtMs, epoch, own })));
        },
        // It was there before, though damaged, or there would be no row.
        onWithdrawn: (name) => this.#lose(name, "missing"),
        onRemainder: (name, error) => this.#noteRemainder(name, error),
      },
      chunks,
    );
  }

  async #hasWholeFile(row: IndexedChunk | undefined): Promise<boolean> {
    if (row === undefined || row.damaged) return false;
    return (await this.#deps.files.facts(chunkPath(this.#layout, row.name)))?.sizeBytes === row.length;
  }

  /**
   * Whether the file has exactly these bytes: what is acknowledged must be so.
   * @throws where that could not be found out
   */
  async #hasBytes(row: IndexedChunk, sealed: Uint8Array): Promise<boolean> {
    const bytes = await this.#readFile(row).catch((error: unknown) => {
      // Others, such as too many open files, say nothing of this chunk.
      if (!MEDIUM_ERRNOS.has(errnoOf(error))) throw error;
    });
    if (bytes !== undefined && Buffer.compare(bytes, sealed) === 0) return true;
    this.#lose(row.name, bytes === undefined ? "unreadable" : "damaged");
    return false;
  }

  /** One byte more than is due shows a file that has grown without a second call to the file system. */
  #readFile(row: IndexedChunk, allocate = allocateNew): Promise<Uint8Array | undefined> {
    return this.#deps.files.read(chunkPath(this.#layout, row.name), allocate(row.length + 1));
  }

  async #examine(name: ChunkName): Promise<ChunkCondition> {
    const row = this.#index.get(name);
    if (row === undefined) return { kind: "deleted" };
    if (row.damaged) return { kind: "damaged" };
    try {
      // The disk may well read at the second try what it refused at the first.
      const bytes = await this.#readFile(row).catch(() => this.#readFile(row));
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
    const isSame = row?.storedAtMs === seen.storedAtMs && row.epoch === seen.epoch;
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

function pageOf(rows: readonly IndexedChunk[], limit: number): ChunkPage {
  return { items: rows.slice(0, limit), more: rows.length > limit };
}

function allocateNew(length: number): Uint8Array {
  return Buffer.allocUnsafeSlow(length);
}
