import type { ChunkFiles, ReadableFile } from "../chunk-files.ts";
import type { StoreLayout } from "../store-layout.ts";
import { packPath } from "./pack-layout.ts";

/** So many packs stay open while nobody reads them. */
const OPEN_MAX = 32;

interface OpenPack {
  readonly file: Promise<ReadableFile | undefined>;
  users: number;
  /** Is closed when the last user is done. */
  isForgotten: boolean;
  isClosed: boolean;
}

/** Packs that are open for reading; those used last stay open. */
export class PackReaders {
  readonly #files: Pick<ChunkFiles, "openReading">;
  readonly #layout: StoreLayout;
  /** The one used longest ago first. */
  readonly #open = new Map<number, OpenPack>();

  constructor(files: Pick<ChunkFiles, "openReading">, layout: StoreLayout) {
    this.#files = files;
    this.#layout = layout;
  }

  /** Runs `work` with the pack's file; undefined where there is none. */
  async use<T>(pack: number, work: (file: ReadableFile) => Promise<T>): Promise<T | undefined> {
    const opened = this.#open.get(pack) ?? this.#openPack(pack);
    this.#open.delete(pack);
    this.#open.set(pack, opened);
    opened.users += 1;
    try {
      const file = await opened.file;
      return file === undefined ? undefined : await work(file);
    } catch (error) {
      // Whatever was wrong with the handle: the next try gets another one.
      this.#forget(pack, opened);
      throw error;
    } finally {
      opened.users -= 1;
      await this.#closeIfDone(opened);
      await this.#closeIdle();
    }
  }

  /** The next use opens the file anew. */
  async forget(pack: number): Promise<void> {
    const opened = this.#open.get(pack);
    if (opened === undefined) return;
    this.#forget(pack, opened);
    await this.#closeIfDone(opened);
  }

  async close(): Promise<void> {
    for (const pack of this.#open.keys()) await this.forget(pack);
  }

  #openPack(pack: number): OpenPack {
    const file = this.#files.openReading(packPath(this.#layout, pack));
    const opened: OpenPack = { file, users: 0, isForgotten: false, isClosed: false };
    // One that is missing may come back.
    file.then(
      (found) => void (found === undefined && this.#forget(pack, opened)),
      () => this.#forget(pack, opened),
    );
    return opened;
  }

  #forget(pack: number, opened: OpenPack): void {
    opened.isForgotten = true;
    if (this.#open.get(pack) === opened) this.#open.delete(pack);
  }

  async #closeIdle(): Promise<void> {
    for (const [pack, opened] of this.#open) {
      if (this.#open.size <= OPEN_MAX) return;
      if (opened.users === 0) await this.forget(pack);
    }
  }

  async #closeIfDone(opened: OpenPack): Promise<void> {
    if (!opened.isForgotten || opened.users > 0 || opened.isClosed) return;
    opened.isClosed = true;
    const file = await opened.file.catch(() => undefined);
    await file?.close().catch(() => undefined);
  }
}
