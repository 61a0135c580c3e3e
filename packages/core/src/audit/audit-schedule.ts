import type { ChunkName, NodeId } from "../ids.ts";
import { asciiBytes } from "./ascii-bytes.ts";
import { u64be } from "./big-endian.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";

export const CHUNKS_PER_BUCKET = 16;
export const BUCKET_BITS_MIN = 8;
export const BUCKET_BITS_MAX = 16;
/** Challenges of one slot, so that numbers of slots never meet: slot k has those from k × this on. */
export const NUMBERS_PER_SLOT = 65_536;

const NAME_DIGITS = 64;
/** Hex digits that hold `BUCKET_BITS_MAX` bits. */
const PREFIX_DIGITS = 4;

const ORDER_TAG = asciiBytes("commonhold audit order\0");
const WORD_VALUES = 2 ** 32;
const DIGEST_WORDS = 8;

/** Words of 32 bits of which nobody without the key can tell the next; always the same for one node and cycle. */
export type KeyedWords = (nodeId: NodeId, cycle: number) => () => number;

export interface CycleParts {
  readonly nodeId: NodeId;
  /** Counted from 1970 in cycles of this length: cycle n begins at n × cycleMs. */
  readonly cycle: number;
  readonly cycleMs: number;
  /** Chunks that the node holds, about. */
  readonly chunkCount: number;
  /** `keyedWords` of the period in which the cycle begins. */
  readonly permute: KeyedWords;
}

/** When the chunks of one bucket are due. */
export interface AuditSlot {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** 0 to 2^bits − 1: the leading bits of the names. */
  readonly bucket: number;
}

/** In which order and when a node is asked about its chunks in one cycle: about each of them once. */
export interface CyclePlan {
  readonly bits: number;
  /** Each bucket once, in the order of time. */
  readonly slots: readonly AuditSlot[];
}

/** Names from above `after` (from the first one on, where it is undefined) up to and with `until`. */
export interface NameRange {
  readonly after: ChunkName | undefined;
  readonly until: ChunkName;
}

/**
 * Words from SHA-256(HMAC-SHA-256(period key, "commonhold audit order\0" ‖ node id ‖ cycle) ‖ i), for i from 0 on eight
 * each; cycle and i as u64, all numbers big-endian.
 */
export function keyedWords(
  periodKey: Uint8Array,
  { sha256, hmacSha256 }: { readonly sha256: Sha256; readonly hmacSha256: HmacSha256 },
): KeyedWords {
  return (nodeId, cycle) => {
    const key = hmacSha256(periodKey, ORDER_TAG, asciiBytes(nodeId), u64be(cycle));
    let block = 0;
    let at = DIGEST_WORDS;
    let view: DataView;
    return () => {
      if (at === DIGEST_WORDS) {
        const digest = sha256(key, u64be(block++));
        view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
        at = 0;
      }
      return view.getUint32(4 * at++);
    };
  };
}

/**
 * Divides the names into 2^bits buckets of about 8 to 16 of the node's chunks by their leading bits, puts them in an
 * order that nobody without the key can foresee (Fisher–Yates), and gives each its time: slot k of n lies somewhere
 * within the k-th n-th of the cycle. So a node's audits are spread evenly, and those of several nodes do not meet.
 */
export function planCycle({ nodeId, cycle, cycleMs, chunkCount, permute }: CycleParts): CyclePlan {
  const bits = bucketBitsFor(chunkCount);
  const count = 2 ** bits;
  const next = permute(nodeId, cycle);
  const buckets = Uint32Array.from({ length: count }, (_, bucket) => bucket);
  for (let last = count - 1; last > 0; last--) {
    const other = wordBelow(last + 1, next);
    const bucket = buckets[last]!;
    buckets[last] = buckets[other]!;
    buckets[other] = bucket;
  }
  const slotMs = cycleMs / count;
  const startMs = cycle * cycleMs;
  const slots = Array.from(buckets, (bucket, k) => ({
    atMs: startMs + Math.floor((k + next() / WORD_VALUES) * slotMs),
    bucket,
  }));
  return { bits, slots };
}

/** Bits of a bucket's number where a node holds `chunkCount` chunks: 8 to 16. */
export function bucketBitsFor(chunkCount: number): number {
  const bits = chunkCount <= CHUNKS_PER_BUCKET ? 0 : Math.ceil(Math.log2(chunkCount / CHUNKS_PER_BUCKET));
  return Math.min(BUCKET_BITS_MAX, Math.max(BUCKET_BITS_MIN, bits));
}

/** The names of a bucket: those whose leading `bits` bits are its number. */
export function bucketNames(bits: number, bucket: number): NameRange {
  const width = 2 ** (4 * PREFIX_DIGITS - bits);
  return {
    after: bucket === 0 ? undefined : lastNameOf(bucket * width - 1),
    until: lastNameOf((bucket + 1) * width - 1),
  };
}

function lastNameOf(prefix: number): ChunkName {
  return prefix.toString(16).padStart(PREFIX_DIGITS, "0").padEnd(NAME_DIGITS, "f") as ChunkName;
}

/** A number below `count`, every one equally likely: words that would favour low ones are passed over. */
function wordBelow(count: number, next: () => number): number {
  const limit = WORD_VALUES - (WORD_VALUES % count);
  for (;;) {
    const word = next();
    if (word < limit) return word % count;
  }
}
