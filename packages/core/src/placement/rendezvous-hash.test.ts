import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fnv1a64, type Hash64, hashText, mix64, pairFraction } from "./rendezvous-hash.ts";

const MASK = (1n << 64n) - 1n;
const FACTORS = [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n] as const;

const toBigInt = ({ high, low }: Hash64): bigint => (BigInt(high) << 32n) | BigInt(low);
const fromBigInt = (value: bigint): Hash64 => ({ high: Number(value >> 32n), low: Number(value & 0xffffffffn) });
const hex = (hash: Hash64): string => toBigInt(hash).toString(16).padStart(16, "0");

function fmix64(value: bigint): bigint {
  let mixed = value ^ (value >> 33n);
  for (const factor of FACTORS) {
    mixed = (mixed * factor) & MASK;
    mixed ^= mixed >> 33n;
  }
  return mixed;
}

/** The inverse of an odd number modulo 2^64 (Newton: each round doubles the correct bits). */
function inverseOf(odd: bigint): bigint {
  let inverse = odd;
  for (let round = 0; round < 6; round++) inverse = (inverse * (2n - odd * inverse)) & MASK;
  return inverse;
}

function unmix64(mixed: bigint): bigint {
  let value = mixed;
  for (const factor of FACTORS.toReversed()) {
    value ^= value >> 33n;
    value = (value * inverseOf(factor)) & MASK;
  }
  return value ^ (value >> 33n);
}

describe("fnv1a64", () => {
  it.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
  ])("gives the published hash of %j", (text, expected) => {
    expect(hex(fnv1a64(text))).toBe(expected);
  });

  it("multiplies in halves as it would in 64 bits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 80 }), (text) => {
        let expected = 0xcbf29ce484222325n;
        for (const char of text) expected = ((expected ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n) & MASK;
        expect(toBigInt(fnv1a64(text))).toBe(expected);
      }),
    );
  });
});

describe("mix64", () => {
  it("is MurmurHash3's fmix64", () => {
    expect(hex(mix64({ high: 0, low: 1 }))).toBe("b456bcfc34c2cb2c");
    fc.assert(
      fc.property(fc.bigInt(0n, MASK), (value) => {
        expect(toBigInt(mix64(fromBigInt(value)))).toBe(fmix64(value));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("pairFraction", () => {
  it("is never 0 nor 1, so that its logarithm is a finite number below 0", () => {
    const zero = { high: 0, low: 0 };
    expect(pairFraction(zero, zero)).toBe(2 ** -53);
    expect(pairFraction(zero, fromBigInt(unmix64(MASK)))).toBe(1 - 2 ** -53);
  });

  it("keeps its values, on which every placement rests", () => {
    const chunk = hashText("3f".repeat(32));
    const node = hashText("12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf");
    expect(hex(chunk)).toBe("f8ee8e96aafc0977");
    expect(hex(node)).toBe("139b287c1eb590d2");
    expect(pairFraction(chunk, node)).toBe(0.410664621103373);
    expect(pairFraction(node, chunk)).toBe(0.410664621103373);
  });

  it("is uniform for names that differ in a digit only", () => {
    const buckets = Array.from({ length: 32 }, () => 0);
    const samples = 64_000;
    for (let i = 0; i < samples; i++) {
      const fraction = pairFraction(hashText(`chunk-${i % 800}`), hashText(`node-${Math.floor(i / 800)}`));
      buckets[Math.floor(fraction * buckets.length)]! += 1;
    }
    const expected = samples / buckets.length;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(61.1); // 31 degrees of freedom, p = 0.001
  });
});
