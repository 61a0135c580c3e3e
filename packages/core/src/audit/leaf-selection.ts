import type { AuditQuestion } from "./audit-question.ts";
import { u32be } from "./big-endian.ts";
import { chunkNameToBytes } from "./chunk-name.ts";
import type { HmacSha256 } from "./hash-functions.ts";

const WORDS_PER_DIGEST = 4;
const WORD_VALUES = 1n << 64n;

/**
 * The leaves that a question asks of a chunk with `chunkLeafCount` leaves, in the order in which the seed selects
 * them: for j from 0, HMAC-SHA-256(seed, challenge id ‖ chunk name ‖ j as u32, big-endian) modulo the number of
 * leaves. A leaf that comes up again is asked for only once, so a small chunk may have fewer leaves to show than
 * the question's `leafCount`; drawing with repetition is what the formula of detection, 1 − (1 − f)^c, counts.
 */
export function selectLeaves(question: AuditQuestion, chunkLeafCount: number, hmac: HmacSha256): readonly number[] {
  const { challengeId, seed, leafCount } = question;
  const name = chunkNameToBytes(question.chunkName);
  const selected = new Set<number>();
  for (let j = 0; j < leafCount && selected.size < chunkLeafCount; j++) {
    const digest = hmac(seed, challengeId, name, u32be(j));
    selected.add(unbiasedIndex(digest, chunkLeafCount, (rejected) => hmac(seed, rejected)));
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
