import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ChunkFiles } from "../chunk-files.ts";
import type { ChunkIndex, IndexedChunk, LossReason, StoreTerms } from "../chunk-index.ts";
import type { DurableFolders } from "../durable-folders.ts";
import { storageError } from "../storage-error.ts";
import type { StoreLayout } from "../store-layout.ts";
import { compactPack } from "./compact-pack.ts";
import { Compactor, type RoomNeed } from "./compactor.ts";
import {
  decodeRecordHeader,
  encodeRecordHeader,
  type PackRecord,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "./pack-format.ts";
import { packPath } from "./pack-layout.ts";
import { PackReaders } from "./pack-readers.ts";
import { PackWriter } from "./pack-writer.ts";

export interface PackedChunksDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Takes a chunk out of service that was found to be wrong. */
  readonly lose: (row: IndexedChunk, why: LossReason) => void;
  /** A failure left more in a pack than the index knows. */
  readonly onRemainder: (pack: number, error: unknown) => void;
}

export interface PackedChunksOptions {
  /** Of a pack. */
  readonly packBytesMax: number;
  /** The highest number of a pack so far. */
  readonly lastPack: number;
}

export interface ChunkToPack {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Small chunks, many in one file. Its callers see to it that one thing at a time happens to a chunk. */
export class PackedChunks {
  readonly #deps: PackedChunksDeps;
  readonly #readers: PackReaders;
  readonly #writer: PackWriter;
  readonly #compactor: Compactor;
  #compacting: number | undefined;

  constructor(deps: PackedChunksDeps, { packBytesMax, lastPack }: PackedChunksOptions) {
    const { files, layout, index, clock, sleep, logger } = deps;
    this.#deps = deps;
    this.#readers = new PackReaders(files, layout);
    this.#writer = new PackWriter(
      { ...deps, onBegun: () => this.#compactor.check() },
      { bytesMax: packBytesMax, lastNumber: lastPack },
    );
    this.#compactor = new Compactor({
      index,
      compact: (pack, pause) => this.#compact(pack, pause),
      newest: () => this.#writer.newest,
      beginNext: () => this.#writer.beginNext(),
      sleep,
      clock,
      logger,
    });
  }

  /**
   * Resolves when the chunk is on the medium and in the index. Chunks that are stored at once share the wait.
   * @throws the file system's or the index's error; nothing of the chunk remains then
   */
  async store({ name, sealed }: ChunkToPack, { epoch, own = false }: StoreTerms): Promise<void> {
    const { index, clock } = this.#deps;
    const atMs = clock.nowMs();
    await this.#writer.append({
      record: { kind: "chunk", name, epoch, own, atMs },
      sealed,
      note: (packed) => index.put([{ name, length: sealed.length, storedAtMs: atMs, epoch, own, packed }]),
    });
  }

  /** Resolves when the deletion is on the medium and in the index. @throws as `store`; the chunk is held then */
  async delete(row: IndexedChunk, epoch: number | undefined): Promise<void> {
    const { index, clock } = this.#deps;
    const record = { kind: "tombstone", name: row.name, epoch, own: undefined, atMs: clock.nowMs() } as const;
    try {
      await this.#writer.append({ record, sealed: NOTHING, note: (place) => index.remove(row.name, place) });
    } catch (error) {
      if (!hasCode(storageError(error, "delete a chunk"), "NO_SPACE")) throw error;
      await this.#deleteInPlace(row, { ...record, sequence: index.nextSequence(), length: row.length }, error);
    }
    if (row.packed !== undefined) this.#compactor.checkOne(row.packed.pack);
  }

  /** Whether the chunk's pack is there as far as the chunk goes. */
  async hasAll({ packed, length }: IndexedChunk): Promise<boolean> {
    const facts = await this.#deps.files.facts(packPath(this.#deps.layout, packed!.pack));
    return facts !== undefined && facts.sizeBytes >= packed!.offset + recordBytes(length);
  }

  /**
   * The chunk's bytes; undefined where they are not there, fewer than it should have where they are not right.
   * @param allocate memory for them and the record's header
   */
  async read(row: IndexedChunk, allocate: (length: number) => Uint8Array): Promise<Uint8Array | undefined> {
    const { pack, offset } = row.packed!;
    const memory = allocate(RECORD_HEADER_BYTES + row.length);
    const length = await this.#readers.use(pack, (file) => file.read(offset, memory));
    if (length === undefined) return undefined;
    const bytes = Buffer.from(memory.buffer, memory.byteOffset, length);
    const record = length < RECORD_HEADER_BYTES ? undefined : decodeRecordHeader(bytes, 0, { pack, offset });
    if (record?.kind === "tombstone") return undefined;
    return record?.name === row.name ? memory.subarray(RECORD_HEADER_BYTES, length) : NOTHING;
  }

  /** From now on dead bytes are given back with more or less patience. */
  needRoom(need: RoomNeed): void {
    this.#compactor.hurry(need);
  }

  /** Gives back space where that is worth it, in the background. */
  check(): void {
    this.#compactor.check();
  }

  /** Lets what is under way end; a pack that is being compacted is gone on with after the next start. */
  async close(): Promise<void> {
    await this.#compactor.stop();
    await this.#writer.close();
    await this.#readers.close();
  }

  async #compact(pack: number, pause: (bytes: number) => Promise<void>): Promise<number> {
    const { lose, index } = this.#deps;
    this.#compacting = pack;
    try {
      return await compactPack(
        {
          ...this.#deps,
          writer: this.#writer,
          readers: this.#readers,
          readWhole: (row) => this.#readWhole(row),
          lose: (name, why) => {
            const row = index.get(name);
            if (row !== undefined) lose(row, why);
          },
          pause,
        },
        pack,
      );
    } finally {
      this.#compacting = undefined;
    }
  }

  async #readWhole(row: IndexedChunk): Promise<Uint8Array | undefined> {
    const sealed = await this.read(row, (length) => Buffer.allocUnsafeSlow(length));
    return sealed?.length === row.length && this.#deps.nameOf(sealed) === row.name ? sealed : undefined;
  }

  /**
   * On a disk that is full the tombstone is written over the chunk's own record, which takes no room.
   * @param full thrown where that may not be
   */
  async #deleteInPlace(row: IndexedChunk, record: PackRecord, full: unknown): Promise<void> {
    const { files, layout, index } = this.#deps;
    const packed = index.get(row.name)?.packed;
    // What is copied elsewhere right now would come back.
    if (packed === undefined || packed.pack === this.#compacting) throw full;
    const place = { pack: packed.pack, offset: packed.offset };
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    encodeRecordHeader(header, 0, { record, place });
    await files.overwrite(packPath(layout, place.pack), place.offset, header);
    index.remove(row.name, { ...place, sequence: record.sequence });
  }
}
