import { AppError } from "../app-error.ts";
import { bytesEqual } from "../audit/bytes-equal.ts";
import type { Sha256 } from "../audit/hash-functions.ts";
import type { ChunkName } from "../ids.ts";

/** One for each value of a name's first byte. */
export const BUCKET_COUNT = 256;
const NAME_BYTES = 32;
const COUNT_BYTES = 4;
const BUCKET_BYTES_MIN = 64 * NAME_BYTES;

export interface BucketSummary {
  readonly count: number;
  /** SHA-256 over the bucket's names in order, 32 bytes each. */
  readonly digest: Uint8Array;
}

/** What a node holds, or should hold, in a form that tells where two of them differ. */
export interface InventorySummary {
  /** SHA-256 over all buckets: count as uint32, big-endian, then digest. */
  readonly root: Uint8Array;
  /** `BUCKET_COUNT` of them, by first byte. */
  readonly buckets: readonly BucketSummary[];
}

/** Summarises names that are given one by one, in order; holds the names of one bucket at a time. */
export class InventorySummaryBuilder {
  readonly #sha256: Sha256;
  readonly #buckets: BucketSummary[] = [];
  /** Most buckets of a small inventory are empty. */
  #empty: BucketSummary | undefined;
  #names = new Uint8Array(BUCKET_BYTES_MIN);
  #count = 0;
  #last: ChunkName | undefined;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** @throws AppError INTERNAL unless `name` comes after the one before */
  add(name: ChunkName): void {
    if (this.#last !== undefined && name <= this.#last) {
      throw new AppError(
        "INTERNAL",
        `an inventory lists ${name} after ${this.#last}; names must come in order, once each`,
      );
    }
    this.#last = name;
    const bucket = Number.parseInt(name.slice(0, 2), 16);
    while (this.#buckets.length < bucket) this.#closeBucket();
    const start = this.#count * NAME_BYTES;
    if (start === this.#names.length) this.#grow();
    for (let i = 0; i < NAME_BYTES; i++) {
      this.#names[start + i] = (nibbleOf(name.charCodeAt(2 * i)) << 4) | nibbleOf(name.charCodeAt(2 * i + 1));
    }
    this.#count += 1;
  }

  /** The end: nothing can be added any more. */
  finish(): InventorySummary {
    while (this.#buckets.length < BUCKET_COUNT) this.#closeBucket();
    return new MadeSummary(this.#buckets, this.#sha256);
  }

  #closeBucket(): void {
    if (this.#count === 0) {
      this.#empty ??= { count: 0, digest: this.#sha256(this.#names.subarray(0, 0)) };
      this.#buckets.push(this.#empty);
      return;
    }
    const digest = this.#sha256(this.#names.subarray(0, this.#count * NAME_BYTES));
    this.#buckets.push({ count: this.#count, digest });
    this.#count = 0;
  }

  #grow(): void {
    const names = new Uint8Array(2 * this.#names.length);
    names.set(this.#names);
    this.#names = names;
  }
}

/** Its root is made when it is asked for: whoever compares buckets does without. */
class MadeSummary implements InventorySummary {
  readonly buckets: readonly BucketSummary[];
  readonly #sha256: Sha256;
  #root: Uint8Array | undefined;

  constructor(buckets: readonly BucketSummary[], sha256: Sha256) {
    this.buckets = buckets;
    this.#sha256 = sha256;
  }

  get root(): Uint8Array {
    this.#root ??= summaryRoot(this.buckets, this.#sha256);
    return this.#root;
  }
}

/** @param names in order, once each */
export function summariseInventory(names: Iterable<ChunkName>, sha256: Sha256): InventorySummary {
  const builder = new InventorySummaryBuilder(sha256);
  for (const name of names) builder.add(name);
  return builder.finish();
}

/** What `InventorySummary.root` must be for these buckets. */
export function summaryRoot(buckets: readonly BucketSummary[], sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(buckets.reduce((sum, { digest }) => sum + COUNT_BYTES + digest.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { count, digest } of buckets) {
    view.setUint32(at, count);
    bytes.set(digest, at + COUNT_BYTES);
    at += COUNT_BYTES + digest.length;
  }
  return sha256(bytes);
}

/** The numbers of the buckets in which two inventories differ. */
export function differingBuckets(a: readonly BucketSummary[], b: readonly BucketSummary[]): readonly number[] {
  const differing: number[] = [];
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    if (!isSameBucket(a[bucket], b[bucket])) differing.push(bucket);
  }
  return differing;
}

/** The names of one bucket as a listing asks for them: those above `after` (all, where undefined) and up to `until`. */
export function bucketBounds(bucket: number): { readonly after: ChunkName | undefined; readonly until: ChunkName } {
  return { after: bucket === 0 ? undefined : lastNameOf(bucket - 1), until: lastNameOf(bucket) };
}

function lastNameOf(bucket: number): ChunkName {
  return (bucket.toString(16).padStart(2, "0") + "ff".repeat(NAME_BYTES - 1)) as ChunkName;
}

function isSameBucket(a: BucketSummary | undefined, b: BucketSummary | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b;
  return a.count === b.count && bytesEqual(a.digest, b.digest);
}

/** 0–9 and a–f only. */
function nibbleOf(code: number): number {
  return code <= 57 ? code - 48 : code - 87;
}
