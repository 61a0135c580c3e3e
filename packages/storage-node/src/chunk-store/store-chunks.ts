import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { BatchedChunk, BatchOutcomes } from "@commonhold/wire/exchanges/store-batch.ts";
import type { ChunkBytes } from "./chunk-bytes.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex, IndexedChunk, LossReason, StoreTerms } from "./chunk-index.ts";
import type { DurableFolders } from "./durable-folders.ts";
import { packedBytesMax } from "./packs/pack-index.ts";
import type { PackedChunks } from "./packs/packed-chunks.ts";
import { MEDIUM_ERRNOS, storageError } from "./storage-error.ts";
import type { Reservation, StorageQuota } from "./storage-quota.ts";
import type { StoreLayout } from "./store-layout.ts";
import { type ChunkToWrite, writeChunkFiles } from "./write-chunk-files.ts";

export type StoreOutcome = BatchOutcomes[number];

export interface StoreChunksDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly quota: StorageQuota;
  readonly bytes: ChunkBytes;
  readonly packs: PackedChunks;
  readonly clock: Clock;
  /** After each chunk that was newly stored. */
  readonly onStored: () => void;
  readonly lose: (name: ChunkName, why: LossReason) => void;
  /** A failure left a half-stored file. */
  readonly onRemainder: (name: ChunkName, error: unknown) => void;
}

interface Admitted {
  readonly chunk: ChunkToWrite;
  readonly goesToPack: boolean;
  readonly reservation: Reservation;
}

/** Writes chunks that were checked, while nothing else happens to them: small ones to packs, the others to files. */
export class StoreChunks {
  readonly #deps: StoreChunksDeps;
  readonly #packedLengthMax: number;
  #writes = 0;

  /** @param packedLengthMax sealed bytes of the longest chunk that goes into a pack */
  constructor(deps: StoreChunksDeps, packedLengthMax: number) {
    this.#deps = deps;
    this.#packedLengthMax = packedLengthMax;
  }

  /** Room for a chunk of so many sealed bytes. @throws AppError NO_SPACE */
  async reserve(name: ChunkName, length: number, own: boolean): Promise<Reservation> {
    const { index, quota, packs } = this.#deps;
    const row = index.get(name);
    const isPacked = this.#goesToPack(row, length);
    try {
      // What a pack held of it before stays on the disk until the pack is compacted.
      const replacedBytes = isPacked ? 0 : (row?.length ?? 0);
      return await quota.reserve(isPacked ? packedBytesMax(length) : length, { replacedBytes, own });
    } catch (error) {
      if (index.totals.deadBytes > 0 && hasCode(error, "NO_SPACE")) packs.needRoom("refused");
      throw error;
    }
  }

  /** @returns what became of each chunk */
  async store(chunks: readonly BatchedChunk[], terms: StoreTerms): Promise<ReadonlyMap<ChunkName, StoreOutcome>> {
    const outcomes = new Map<ChunkName, StoreOutcome>();
    const admitted: Admitted[] = [];
    for (const { chunkName: name, sealed } of chunks) {
      try {
        const reservation = await this.#admit(name, sealed, terms);
        if (reservation === undefined) outcomes.set(name, { status: "fulfilled", value: { alreadyHeld: true } });
        else admitted.push({ ...this.#planned(name, sealed), reservation });
      } catch (error) {
        outcomes.set(name, { status: "rejected", reason: storageError(error, `store chunk ${name}`) });
      }
    }
    const failures = await this.#write(admitted, terms).finally(() => {
      for (const { reservation } of admitted) reservation.release();
    });
    for (const { chunk } of admitted) {
      if (failures.has(chunk.name)) {
        const reason = storageError(failures.get(chunk.name), `store chunk ${chunk.name}`);
        outcomes.set(chunk.name, { status: "rejected", reason });
      } else {
        outcomes.set(chunk.name, { status: "fulfilled", value: { alreadyHeld: false } });
        this.#deps.onStored();
      }
    }
    return outcomes;
  }

  /** A chunk that has a file keeps to it, damaged as it may be: it must not be there twice. */
  #goesToPack(row: IndexedChunk | undefined, length: number): boolean {
    return length <= this.#packedLengthMax && (row === undefined || row.packed !== undefined);
  }

  #planned(name: ChunkName, sealed: Uint8Array): Pick<Admitted, "chunk" | "goesToPack"> {
    const goesToPack = this.#goesToPack(this.#deps.index.get(name), sealed.length);
    return { chunk: { name, sealed, temporaryName: `${name}.${++this.#writes}` }, goesToPack };
  }

  /** Room for a chunk; undefined where it is held already, which it then is under these terms. */
  async #admit(name: ChunkName, sealed: Uint8Array, terms: StoreTerms): Promise<Reservation | undefined> {
    const { index, bytes } = this.#deps;
    const row = index.get(name);
    if (row !== undefined && (await bytes.hasAll(row)) && (await this.#hasBytes(row, sealed))) {
      index.raise(name, terms);
      return undefined;
    }
    return await this.reserve(name, sealed.length, terms.own === true);
  }

  /**
   * Whether the chunk has exactly these bytes: what is acknowledged must be so.
   * @throws where that could not be found out
   */
  async #hasBytes(row: IndexedChunk, sealed: Uint8Array): Promise<boolean> {
    const { bytes, lose } = this.#deps;
    const held = await bytes.read(row, allocateNew).catch((error: unknown) => {
      // Others, such as too many open files, say nothing of this chunk.
      if (!MEDIUM_ERRNOS.has(errnoOf(error))) throw error;
    });
    if (held !== undefined && Buffer.compare(held, sealed) === 0) return true;
    lose(row.name, held === undefined ? "unreadable" : "damaged");
    return false;
  }

  async #write(admitted: readonly Admitted[], terms: StoreTerms): Promise<ReadonlyMap<ChunkName, unknown>> {
    const small = admitted.filter(({ goesToPack }) => goesToPack);
    const large = admitted.filter(({ goesToPack }) => !goesToPack);
    const [ofFiles, ofPacks] = await Promise.all([
      large.length === 0
        ? []
        : this.#writeFiles(
            large.map(({ chunk }) => chunk),
            terms,
          ),
      this.#pack(
        small.map(({ chunk }) => chunk),
        terms,
      ),
    ]);
    return new Map([...ofFiles, ...ofPacks]);
  }

  /** @returns what failed, by chunk */
  async #pack(chunks: readonly ChunkToWrite[], terms: StoreTerms): Promise<ReadonlyMap<ChunkName, unknown>> {
    const failures = new Map<ChunkName, unknown>();
    const outcomes = await Promise.allSettled(chunks.map((chunk) => this.#deps.packs.store(chunk, terms)));
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") failures.set(chunks[at]!.name, outcome.reason);
    }
    return failures;
  }

  #writeFiles(
    chunks: readonly ChunkToWrite[],
    { epoch, own = false }: StoreTerms,
  ): Promise<ReadonlyMap<ChunkName, unknown>> {
    const { index, clock, lose } = this.#deps;
    return writeChunkFiles(
      {
        ...this.#deps,
        onDurable: (durable) => {
          const storedAtMs = clock.nowMs();
          index.put(durable.map(({ name, sealed }) => ({ name, length: sealed.length, storedAtMs, epoch, own })));
        },
        // It was there before, though damaged, or there would be no row.
        onWithdrawn: (name) => lose(name, "missing"),
      },
      chunks,
    );
  }
}

function allocateNew(length: number): Uint8Array {
  return Buffer.allocUnsafeSlow(length);
}
