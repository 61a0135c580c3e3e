import type { Logger } from "@commonhold/runtime/logger.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { AppendedFile, ChunkFiles } from "../chunk-files.ts";
import type { ChunkIndex, PackPlace } from "../chunk-index.ts";
import type { DurableFolders } from "../durable-folders.ts";
import type { StoreLayout } from "../store-layout.ts";
import { encodePackHeader, encodeRecord, PACK_HEADER_BYTES, type PackRecord, recordBytes } from "./pack-format.ts";
import { packPath } from "./pack-layout.ts";

/** A pack that would grow beyond this is ended. */
export const PACK_BYTES_MAX = 64 * 1024 * 1024;
/** What is written and synced together; a store-batch has less. */
const GROUP_BYTES_MAX = 1.25 * 1024 * 1024;

export interface PackEntry {
  /** Without a sequence it is the next one. */
  readonly record: Omit<PackRecord, "sequence" | "length"> & { readonly sequence?: number };
  readonly sealed: Uint8Array;
  /** Notes in the index where the record lies; called on the medium's word, within the group's transaction. */
  readonly note: (place: PackPlace) => void;
}

export interface PackWriterDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
  readonly index: ChunkIndex;
  readonly logger: Logger;
  /** Told when cleaning up after a failure failed too. */
  readonly onRemainder: (pack: number, error: unknown) => void;
  /** Another pack is the newest now: the one before may be compacted. */
  readonly onBegun: () => void;
}

export interface PackWriterOptions {
  /** Of a pack. */
  readonly bytesMax: number;
  /** No pack has a higher number. */
  readonly lastNumber: number;
}

interface Waiting {
  /** None: for another pack to be begun. */
  readonly entry: PackEntry | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface CurrentPack {
  readonly pack: number;
  readonly file: AppendedFile;
  /** On the medium and in the index; nothing of a pack that is not written yet. */
  bytes: number;
}

/**
 * Appends records to the newest pack. What waits while a group is on its way to the medium makes up the next one: one
 * write, one fdatasync, one transaction of the index for all of them. After a failure nothing of a group remains, and
 * after a failed fsync, which says nothing of what is on the medium, the pack is ended.
 */
export class PackWriter {
  readonly #deps: PackWriterDeps;
  readonly #bytesMax: number;
  readonly #urgent: Waiting[] = [];
  readonly #patient: Waiting[] = [];
  #lastNumber: number;
  #current: CurrentPack | undefined;
  /** The newest pack of the run before may be gone on with. */
  #mayResume = true;
  #endsSoon = false;
  #scratch = Buffer.alloc(0);
  #running: Promise<void> | undefined;

  constructor(deps: PackWriterDeps, options: PackWriterOptions) {
    this.#deps = deps;
    this.#bytesMax = options.bytesMax;
    this.#lastNumber = options.lastNumber;
  }

  /**
   * The pack that is written to, or was last. It is never removed, so that no number is used twice: an index that a
   * power cut has put back would take the one pack for the other.
   */
  get newest(): number {
    return this.#lastNumber;
  }

  /**
   * Resolves when the record is on the medium and in the index. Bounded by its callers.
   * @param isPatient it goes with others, or when nothing else waits
   * @throws the file system's or the index's error
   */
  append(entry: PackEntry, isPatient = false): Promise<void> {
    return this.#wait(entry, isPatient ? this.#patient : this.#urgent);
  }

  /** Ends the pack that is written to and begins the next one. @throws the file system's or the index's error */
  async beginNext(): Promise<void> {
    this.#endsSoon = true;
    await this.#wait(undefined, this.#patient);
  }

  /** Lets what waits come to its end. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close().catch(() => undefined);
  }

  #wait(entry: PackEntry | undefined, queue: Waiting[]): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      queue.push({ entry, resolve, reject });
    });
    this.#running ??= this.#run();
    return done;
  }

  async #run(): Promise<void> {
    // Whatever else arrives in this turn of the event loop travels along.
    await new Promise(setImmediate);
    while (this.#urgent.length + this.#patient.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#commit(group.flatMap(({ entry }) => entry ?? []));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      // Those whose stores follow at once on these go into one group.
      await new Promise(setImmediate);
    }
    this.#running = undefined;
  }

  #takeGroup(): readonly Waiting[] {
    const group: Waiting[] = [];
    let bytes = 0;
    for (const queue of [this.#urgent, this.#patient]) {
      let count = 0;
      for (const { entry } of queue) {
        bytes += entry === undefined ? 0 : recordBytes(entry.sealed.length);
        if (bytes > GROUP_BYTES_MAX && group.length + count > 0) break;
        count += 1;
      }
      group.push(...queue.splice(0, count));
    }
    return group;
  }

  async #commit(entries: readonly PackEntry[]): Promise<void> {
    const groupBytes = entries.reduce((sum, { sealed }) => sum + recordBytes(sealed.length), 0);
    const current = await this.#packFor(groupBytes);
    const { bytes, places } = this.#encode(current, entries);
    if (bytes.length === 0) return;
    let isSyncing = false;
    try {
      await current.file.write(bytes);
      reachUploadStep("node:pack-written");
      isSyncing = true;
      await current.file.sync();
      if (current.bytes === 0) await this.#deps.files.syncFolder(this.#deps.layout.packs);
      isSyncing = false;
      reachUploadStep("node:pack-synced");
      const end = current.bytes + bytes.length;
      this.#note(current.pack, end, () => {
        for (const [at, entry] of entries.entries()) entry.note(places[at]!);
      });
      if (current.bytes === 0) this.#deps.onBegun();
      current.bytes = end;
    } catch (error) {
      await this.#takeBack(current, isSyncing);
      throw error;
    }
    reachUploadStep("node:index-written");
  }

  #note(pack: number, bytes: number, note: () => void): void {
    const { index } = this.#deps;
    index.transaction(() => {
      index.packs.setBytes(pack, bytes, index.lastSequence);
      note();
    });
  }

  #encode(current: CurrentPack, entries: readonly PackEntry[]): { bytes: Buffer; places: readonly PackPlace[] } {
    const isNew = current.bytes === 0;
    const length = entries.reduce((sum, { sealed }) => sum + recordBytes(sealed.length), isNew ? PACK_HEADER_BYTES : 0);
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(length, GROUP_BYTES_MAX / 8));
    let at = isNew ? encodePackHeader(current.pack).copy(this.#scratch) : 0;
    const places = entries.map(({ record, sealed }) => {
      const sequence = record.sequence ?? this.#deps.index.nextSequence();
      const place = { pack: current.pack, offset: current.bytes + at };
      at += encodeRecord(this.#scratch, at, { record: { ...record, sequence, length: sealed.length }, place, sealed });
      return { ...place, sequence };
    });
    return { bytes: this.#scratch.subarray(0, at), places };
  }

  async #packFor(groupBytes: number): Promise<CurrentPack> {
    if (this.#current === undefined && this.#mayResume) this.#current = await this.#resume();
    this.#mayResume = false;
    const current = this.#current;
    const hasRoom = current !== undefined && current.bytes + groupBytes <= this.#bytesMax;
    if (hasRoom && !this.#endsSoon) return current;
    this.#endsSoon = false;
    await this.#endCurrent();
    return (this.#current = await this.#begin());
  }

  /** The newest pack of the run before, where it is as it was left. */
  async #resume(): Promise<CurrentPack | undefined> {
    const { files, layout, index } = this.#deps;
    const pack = this.#lastNumber;
    const bytes = index.packs.bytesOf(pack);
    const path = packPath(layout, pack);
    // One that was cut short may lack even its beginning.
    if (bytes === undefined || bytes < PACK_HEADER_BYTES || bytes >= this.#bytesMax) return undefined;
    if ((await files.facts(path))?.sizeBytes !== bytes) return undefined;
    return { pack, file: await files.openAppending(path), bytes };
  }

  async #begin(): Promise<CurrentPack> {
    const { files, folders, layout } = this.#deps;
    await folders.ensure(layout.packs, layout.folder);
    const pack = ++this.#lastNumber;
    const path = packPath(layout, pack);
    try {
      return { pack, file: await files.openAppending(path), bytes: 0 };
    } catch (error) {
      // Whoever took the folder away is the likeliest reason.
      folders.forget(layout.packs, layout.folder);
      throw error;
    }
  }

  async #endCurrent(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    await current.file.close().catch(() => undefined);
  }

  /** Makes the pack what it was before the group. */
  async #takeBack(current: CurrentPack, isDoubtful: boolean): Promise<void> {
    const { files, folders, layout, onRemainder } = this.#deps;
    try {
      if (current.bytes > 0) await current.file.truncate(current.bytes);
      else await files.remove(packPath(layout, current.pack));
      if (current.bytes > 0 && !isDoubtful) return;
    } catch (error) {
      onRemainder(current.pack, error);
    }
    folders.forget(layout.packs, layout.folder);
    await this.#endCurrent();
  }
}
