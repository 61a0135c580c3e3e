import { AppError } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";

export interface QuotaOptions {
  /** Bytes that chunks may take in all. */
  readonly bytesMax: number;
  /** Of those: what only the operator's own chunks may use. */
  readonly reservedBytes: number;
  /** Whether others' chunks are taken at all. */
  readonly sharesExcess: boolean;
  /** Bytes of the disk that stay free whatever happens. */
  readonly diskFreeBytesMin: number;
}

export interface HeldBytes {
  /** What chunks take on the disk. */
  readonly usedBytes: number;
  /** Of those: what compaction will give back; none where it is not given. */
  readonly deadBytes?: number;
  /** Of those: known to be the operator's own. */
  readonly ownBytes: number;
  /** Of those: known to be others'. */
  readonly lentBytes: number;
}

export interface QuotaDeps {
  /** Bytes held now. */
  readonly held: () => HeldBytes;
  readonly diskFreeBytes: () => Promise<number>;
  readonly clock: Clock;
}

/** The setting that is exceeded. */
export type ExceededLimit = "storage.max_bytes" | "storage.reserved_bytes" | "storage.min_free_disk_bytes";

export interface StorageRoom {
  /** What could still be stored of others' chunks. */
  readonly freeBytes: number;
  /** What could still be stored of the operator's own. */
  readonly freeBytesOwn: number;
  /** What could be held in all on this disk. */
  readonly capacityBytes: number;
  /** What has to go for all limits to be kept. */
  readonly wantedFreeBytes: number;
  /** The limit that is exceeded by so much; undefined where none is. */
  readonly limit: ExceededLimit | undefined;
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

export interface ReserveOptions {
  /** Length of the file that the bytes replace: both are on the disk for a moment. */
  readonly replacedBytes?: number;
  /** They are the operator's own. */
  readonly own?: boolean;
}

/** Decides whether bytes still fit, counting those of stores under way, so that two of them cannot share one gap. */
export class StorageQuota {
  readonly #deps: QuotaDeps;
  readonly #options: QuotaOptions;
  #pendingBytes = 0;
  #pendingLentBytes = 0;
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
   * @throws AppError NO_SPACE with the limit and the numbers
   */
  async reserve(length: number, { replacedBytes = 0, own = false }: ReserveOptions = {}): Promise<Reservation> {
    if (!own) this.#checkShare(length, replacedBytes);
    this.#checkMax(length, replacedBytes);
    const lentBytes = own ? 0 : length;
    // Taken before the disk is asked: another store that asks meanwhile must see it.
    this.#take(length, lentBytes);
    try {
      await this.#requireDisk(length);
    } catch (error) {
      this.#take(-length, -lentBytes);
      throw error;
    }
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#take(-length, -lentBytes);
        // Written since, or else not: to assume it costs no more than another look at the disk.
        if (this.#disk !== undefined) this.#disk.freeBytes -= length;
      },
    };
  }

  async room(): Promise<StorageRoom> {
    const { bytesMax, sharesExcess, diskFreeBytesMin } = this.#options;
    const diskFreeBytes = await this.#deps.diskFreeBytes();
    const { usedBytes } = this.#deps.held();
    const onDisk = diskFreeBytes - this.#pendingBytes - diskFreeBytesMin;
    const freeBytesOwn = Math.max(0, Math.min(bytesMax - usedBytes - this.#pendingBytes, onDisk));
    return {
      freeBytes: sharesExcess ? Math.max(0, Math.min(freeBytesOwn, this.#shareLeft())) : 0,
      freeBytesOwn,
      capacityBytes: Math.min(bytesMax, usedBytes + this.#pendingBytes + freeBytesOwn),
      ...this.#excess(diskFreeBytes),
    };
  }

  #excess(diskFreeBytes: number): Pick<StorageRoom, "wantedFreeBytes" | "limit"> {
    const { bytesMax, reservedBytes, diskFreeBytesMin } = this.#options;
    const { usedBytes, deadBytes = 0, lentBytes } = this.#deps.held();
    // What is dead goes without any chunk going.
    const neededBytes = usedBytes - deadBytes;
    const excesses: readonly (readonly [ExceededLimit, number])[] = [
      ["storage.max_bytes", neededBytes - bytesMax],
      ["storage.reserved_bytes", lentBytes - (bytesMax - reservedBytes)],
      // More than it holds the node cannot give up.
      ["storage.min_free_disk_bytes", Math.min(neededBytes, diskFreeBytesMin - diskFreeBytes - deadBytes)],
    ];
    const [limit, bytes] = excesses.reduce((worst, each) => (each[1] > worst[1] ? each : worst));
    return bytes > 0 ? { wantedFreeBytes: bytes, limit } : { wantedFreeBytes: 0, limit: undefined };
  }

  /** What is not known to be the operator's own counts as others'. */
  #shareLeft(replacedBytes = 0): number {
    const { usedBytes, ownBytes } = this.#deps.held();
    const lent = usedBytes - ownBytes - replacedBytes + this.#pendingLentBytes;
    return this.#options.bytesMax - this.#options.reservedBytes - lent;
  }

  #take(length: number, lentBytes: number): void {
    this.#pendingBytes += length;
    this.#pendingLentBytes += lentBytes;
  }

  #checkShare(length: number, replacedBytes: number): void {
    const { sharesExcess, reservedBytes } = this.#options;
    if (!sharesExcess) {
      throw new AppError(
        "NO_SPACE",
        "This node takes new chunks of its own operator only; set storage.share_excess to true or choose another node",
        { details: { length, share_excess: false } },
      );
    }
    const left = this.#shareLeft(replacedBytes);
    // Where nothing is reserved the limit is storage.max_bytes.
    if (length <= left || reservedBytes === 0) return;
    throw new AppError(
      "NO_SPACE",
      `${formatByteSize(length)} do not fit: ${formatByteSize(Math.max(0, left))} are left for others, as ` +
        `${formatByteSize(reservedBytes)} are reserved for the node's operator; lower storage.reserved_bytes, raise ` +
        "storage.max_bytes or choose another node",
      { details: { length, free_bytes: Math.max(0, left), reserved_bytes: reservedBytes } },
    );
  }

  #checkMax(length: number, replacedBytes: number): void {
    const used = this.#deps.held().usedBytes - replacedBytes;
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
        `less than the ${formatByteSize(diskFreeBytesMin)} of storage.min_free_disk_bytes; free some space on it, lower ` +
        "that setting or choose another node",
      { details: { length, disk_free_bytes_after: freeBytesAfter, disk_free_bytes_min: diskFreeBytesMin } },
    );
  }
}
