import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HmacSha256 } from "./hash-functions.ts";
import { selectLeaves } from "./leaf-selection.ts";

const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());

type LeafQuestion = Parameters<typeof selectLeaves>[0];

const QUESTION: LeafQuestion = {
  selectionId: new Uint8Array(16).fill(0xc1),
  seed: new Uint8Array(32).fill(0x5e),
  leafCount: 4,
};
const NAME = new Uint8Array(Buffer.from("c3bbb01e73a26f4019547c70ffb6f77168d8a9cf3209c38090bfdedea8beaaef", "hex"));

function select(change: Partial<LeafQuestion>, leafCount: number, hmac: HmacSha256 = hmacSha256): readonly number[] {
  return selectLeaves({ ...QUESTION, ...change }, { name: NAME, leafCount }, hmac);
}

/** A digest of four 64-bit words. */
function digestOf(...words: readonly bigint[]): Uint8Array {
  const digest = new Uint8Array(32);
  words.forEach((word, i) => {
    new DataView(digest.buffer).setBigUint64(i * 8, word);
  });
  return digest;
}

describe("selectLeaves", () => {
  it("keeps to its golden vector, whose fourth draw is the first again", () => {
    expect(select({}, 6)).toEqual([3, 4, 0]);
  });

  it("selects distinct leaves of the chunk, no more than asked", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 260 }),
        fc.integer({ min: 1, max: 64 }),
        (seed, chunkLeafCount, leafCount) => {
          const selected = select({ seed, leafCount }, chunkLeafCount);
          expect(new Set(selected).size).toBe(selected.length);
          expect(selected.length).toBeGreaterThan(0);
          expect(selected.length).toBeLessThanOrEqual(Math.min(leafCount, chunkLeafCount));
          for (const index of selected) expect(index).toSatisfy((i: number) => i >= 0 && i < chunkLeafCount);
        },
      ),
    );
  });

  it("depends on seed, selection id and chunk", () => {
    const many = { ...QUESTION, leafCount: 16 };
    const selections = [
      select({ leafCount: 16 }, 257),
      select({ leafCount: 16, seed: new Uint8Array(32).fill(1) }, 257),
      select({ leafCount: 16, selectionId: new Uint8Array(16).fill(1) }, 257),
      selectLeaves(many, { name: new Uint8Array(32), leafCount: 257 }, hmacSha256),
    ];
    expect(new Set(selections.map((selection) => selection.join())).size).toBe(selections.length);
  });

  it("is the same again under another challenge id, as it is when silence is asked again", () => {
    const first = { ...QUESTION, challengeId: QUESTION.selectionId };
    const again = { ...QUESTION, challengeId: new Uint8Array(16).fill(9) };
    const chunk = { name: NAME, leafCount: 257 };
    expect(selectLeaves(again, chunk, hmacSha256)).toEqual(selectLeaves(first, chunk, hmacSha256));
  });

  it("finds every leaf equally often", () => {
    const leafCount = 7;
    const drawn = Array.from({ length: leafCount }, () => 0);
    const draws = 7000;
    for (let i = 0; i < draws; i++) {
      const seed = digestOf(BigInt(i));
      const [index] = select({ seed, leafCount: 1 }, leafCount);
      drawn[index!]! += 1;
    }
    // Chi-square with 6 degrees of freedom; the seeds are fixed, so this either holds or does not.
    const expected = draws / leafCount;
    const chiSquare = drawn.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(22.5);
  });

  it("passes over words that would favour low indices", () => {
    // 2⁶⁴ mod 3 = 1: of all words only the highest is one too many.
    const highest = 2n ** 64n - 1n;
    const one = { leafCount: 1 };
    expect(select(one, 3, () => digestOf(highest - 1n, 0n, 0n, 0n))).toEqual([2]);
    expect(select(one, 3, () => digestOf(highest, 1n, 0n, 0n))).toEqual([1]);
    const seen: Uint8Array[] = [];
    const rejectsOnce: HmacSha256 = (_key, ...parts) => {
      seen.push(parts[0]!);
      return seen.length === 1 ? digestOf(highest, highest, highest, highest) : digestOf(5n);
    };
    expect(select(one, 3, rejectsOnce)).toEqual([2]);
    expect(seen[1]).toEqual(digestOf(highest, highest, highest, highest));
  });
});
