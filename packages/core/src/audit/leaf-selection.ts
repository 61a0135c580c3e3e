import type { AuditQuestion } from "./audit-question.ts";
import { u32be } from "./big-endian.ts";
import type { HmacSha256 } from "./hash-functions.ts";

const WORDS_PER_DIGEST = 4;
const WORD_VALUES = 1n << 64n;

/** A chunk of a question. */
export interface AskedChunk {
  /** The 32 bytes of its name. */
  readonly name: Uint8Array;
  /** Leaves that the chunk has, at least one. */
  readonly leafCount: number;
}

/**
 * The leaves that a question asks of one of its chunks, in the order in which the seed selects them: for j from 0,
 * HMAC-SHA-256(seed, selection id ‖ chunk name ‖ j as u32, big-endian) modulo the number of leaves. A leaf that comes
 * up again is asked for only once, so a small chunk may have fewer leaves to show than the question's `leafCount`;
 * drawing with repetition is what the formula of detection, 1 − (1 − f)^c, counts.
 */
export function selectLeaves(
  question: Pick<AuditQuestion, "selectionId" | "seed" | "leafCount">,
  chunk: AskedChunk,
  hmac: HmacSha256,
): readonly number[] {
  const { selectionId, seed } = question;
  const selected = new Set<number>();
  for (let j = 0; j < question.leafCount && selected.size < chunk.leafCount; j++) {
    const digest = hmac(seed, selectionId, chunk.name, u32be(j));
    selected.add(unbiasedIndex(digest, chunk.leafCount, (rejected) => hmac(seed, rejected)));
  }
  return [...selected];
}

/**
 * A digest modulo `count`, every index equally likely: the digest's four 64-bit words (big-endian) are tried in
 * turn, and a word at or above the largest multiple of `count` is passed over. Should all four be, `next` makes a
 * further digest of this one.
 */
function unbiasedIndex(digest: Uint8Array, count: number, next: (rejected: Uint8Array) => Uint8Array): number {
  const modulus = BigInt(count);
  const limit = WORD_VALUES - (WORD_VALUES % modulus);
  let current = digest;
  for (;;) {
    const view = new DataView(current.buffer, current.byteOffset, current.byteLength);
    for (let word = 0; word < WORDS_PER_DIGEST; word++) {
      const value = view.getBigUint64(word * 8);
      if (value < limit) return Number(value % modulus);
    }
    current = next(current);
  }
}
