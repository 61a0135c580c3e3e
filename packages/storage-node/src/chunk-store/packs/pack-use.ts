import { PACK_HEADER_BYTES } from "./pack-format.ts";

/** How much of a pack is needed. */
export interface PackFill {
  readonly pack: number;
  /** Of the file. */
  readonly bytes: number;
  /** Of those: records of chunks that are held, and tombstones that are needed. */
  readonly aliveBytes: number;
}

/** Counts the bytes of packs and what of them is needed. */
export class PackUse {
  readonly #fills = new Map<number, PackFill>();
  #bytes = 0;
  #aliveBytes = 0;

  /** Of all packs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that compaction would give back. */
  get deadBytes(): number {
    return Math.max(0, this.#bytes - this.#aliveBytes - this.#fills.size * PACK_HEADER_BYTES);
  }

  get fills(): Iterable<PackFill> {
    return this.#fills.values();
  }

  fillOf(pack: number): PackFill {
    return this.#fills.get(pack) ?? { pack, bytes: 0, aliveBytes: 0 };
  }

  setBytes(pack: number, bytes: number): void {
    const before = this.fillOf(pack);
    this.#bytes += bytes - before.bytes;
    this.#fills.set(pack, { ...before, bytes });
  }

  addAlive(pack: number, bytes: number): void {
    const before = this.fillOf(pack);
    this.#aliveBytes += bytes;
    this.#fills.set(pack, { ...before, aliveBytes: before.aliveBytes + bytes });
  }

  drop(pack: number): void {
    const before = this.fillOf(pack);
    this.#bytes -= before.bytes;
    this.#aliveBytes -= before.aliveBytes;
    this.#fills.delete(pack);
  }

  clear(): void {
    this.#fills.clear();
    this.#bytes = 0;
    this.#aliveBytes = 0;
  }
}
