import { AppError } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";

export interface QuotaOptions {
  /** Sealed bytes that may be held in all. */
  readonly bytesMax: number;
  /** Bytes of the disk that stay free whatever happens. */
  readonly diskFreeBytesMin: number;
}

export interface QuotaDeps {
  /** Sealed bytes held now. */
  readonly usedBytes: () => number;
  readonly diskFreeBytes: () => Promise<number>;
  readonly clock: Clock;
}

/** For how long a look at the disk holds, unless less than this is left. */
const SAMPLE_MS = 1_000;
const SAMPLE_MARGIN_BYTES = 1024 ** 3;

interface DiskSample {
  /** What was free then, without what was stored since. */
  freeBytes: number;
  readonly atMs: number;
}

/** Bytes promised to a store under way. */
export interface Reservation {
  release(): void;
}

/** Decides whether bytes still fit, counting those of stores under way, so that two of them cannot share one gap. */
export class StorageQuota {
  readonly #deps: QuotaDeps;
  readonly #options: QuotaOptions;
  #pendingBytes = 0;
  #disk: DiskSample | undefined;

  constructor(deps: QuotaDeps, options: QuotaOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Bytes of the stores under way. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Takes `length` bytes out of what is free until released.
   * @param replacedBytes length of the file that they replace: both are on the disk for a moment
   * @throws AppError NO_SPACE with the numbers
   */
  async reserve(length: number, replacedBytes = 0): Promise<Reservation> {
    this.#checkMax(length, replacedBytes);
    // Taken before the disk is asked: another store that asks meanwhile must see it.
    this.#pendingBytes += length;
    try {
      await this.#requireDisk(length);
    } catch (error) {
      this.#pendingBytes -= length;
      throw error;
    }
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#pendingBytes -= length;
        // Written since, or else not: to assume it costs no more than another look at the disk.
        if (this.#disk !== undefined) this.#disk.freeBytes -= length;
      },
    };
  }

  /** What could still be stored, and what could be stored in all on this disk. */
  async room(): Promise<{ readonly freeBytes: number; readonly capacityBytes: number }> {
    const used = this.#deps.usedBytes();
    const onDisk = (await this.#deps.diskFreeBytes()) - this.#pendingBytes - this.#options.diskFreeBytesMin;
    const freeBytes = Math.max(0, Math.min(this.#options.bytesMax - used - this.#pendingBytes, onDisk));
    return { freeBytes, capacityBytes: Math.min(this.#options.bytesMax, used + this.#pendingBytes + freeBytes) };
  }

  #checkMax(length: number, replacedBytes: number): void {
    const used = this.#deps.usedBytes() - replacedBytes;
    const { bytesMax } = this.#options;
    if (used + this.#pendingBytes + length <= bytesMax) return;
    throw new AppError(
      "NO_SPACE",
      `${formatByteSize(length)} do not fit: ${formatByteSize(used)} of ${formatByteSize(bytesMax)} are used and ` +
        `${formatByteSize(this.#pendingBytes)} are being written; raise storage.max_bytes or choose another node`,
      { details: { length, used_bytes: used, pending_bytes: this.#pendingBytes, max_bytes: bytesMax } },
    );
  }

  /** Where the disk is far from full, what it had a moment ago is good enough. */
  async #requireDisk(length: number): Promise<void> {
    const { clock } = this.#deps;
    const disk = this.#disk;
    const isFresh = disk !== undefined && clock.monotonicMs() - disk.atMs < SAMPLE_MS;
    const margin = this.#options.diskFreeBytesMin + SAMPLE_MARGIN_BYTES;
    if (isFresh && disk.freeBytes - this.#pendingBytes > margin) return;
    const freeBytes = await this.#deps.diskFreeBytes();
    this.#disk = { freeBytes, atMs: clock.monotonicMs() };
    this.#checkDisk(length, freeBytes - this.#pendingBytes);
  }

  #checkDisk(length: number, freeBytesAfter: number): void {
    const { diskFreeBytesMin } = this.#options;
    if (freeBytesAfter >= diskFreeBytesMin) return;
    throw new AppError(
      "NO_SPACE",
      `${formatByteSize(length)} do not fit: the disk would keep ${formatByteSize(Math.max(0, freeBytesAfter))} free, ` +
        `less than the ${formatByteSize(diskFreeBytesMin)} of storage.min_free_disk_bytes`,
      { details: { length, disk_free_bytes_after: freeBytesAfter, disk_free_bytes_min: diskFreeBytesMin } },
    );
  }
}
