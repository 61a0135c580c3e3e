import { AppError } from "@commonhold/core/app-error.ts";
import { chunkNameFor } from "@commonhold/core/audit/chunk-name.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkNameFromBytes, chunkNameOf, chunkNameToBytes, merklePath, verifyLeaf } from "./merkle.ts";
import { buildMerkleTree } from "./merkle-tree.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { noiseBytes, patternBytes, withBitFlipped } from "./testing/test-bytes.ts";

const LEAF = 16_384;
/** Chunks of 1 to 7 leaves, with all kinds of ends. */
const sealedChunk = fc
  .tuple(fc.integer({ min: 1, max: 7 * LEAF }), fc.nat(255))
  .map(([length, seed]) => noiseBytes(length, seed));

function proofOf(sealed: Uint8Array, leafIndex: number) {
  return {
    name: chunkNameOf(sealed),
    sealedLength: sealed.length,
    leafIndex,
    leaf: sealed.subarray(leafIndex * LEAF, (leafIndex + 1) * LEAF),
    path: merklePath(sealed, leafIndex),
  };
}

describe("chunkNameOf", () => {
  it.each([
    ["one byte", 1, "ee8acb9cb20eaf4b807ef586e552774d803cc3dd837bf26e9f509500cc2604bd"],
    ["one leaf", LEAF, "48bb7e9f8b6d0cf70e06defd821f826282e373ae1d8479014aee6acaaccca200"],
    ["one leaf and a byte", LEAF + 1, "64c40cd5c14c445cb382c54c8e6c85d2d0275a7dc46d5f69dbe08cb6d2adc580"],
    ["three leaves", 2 * LEAF + 100, "ca57b241063140c256024eb5a2a3210f9e6b4fee86aa184e5202232e6b5db51d"],
    ["five leaves", 5 * LEAF, "5031a71d2050738633b375329c92331ec9af5789ede7ad44e65168832a817cc0"],
    ["seven leaves less a byte", 7 * LEAF - 1, "06243c3a17cae94e46595d3ed94129afbc7c3f960f6001fff0cfc503f30c4c2a"],
    ["4 MiB", 4 * 1024 * 1024, "4c564fe3439289529a6b92bef9b5393bf546414b7eae2f3b2e25ee0f3b1e1bf2"],
  ])("keeps to the golden vector of %s", (_, length, name) => {
    expect(chunkNameOf(patternBytes(length))).toBe(name);
  });

  it("does not depend on where the bytes lie in their buffer", () => {
    const around = noiseBytes(100_000);
    expect(chunkNameOf(around.subarray(7, 50_007))).toBe(chunkNameOf(around.slice(7, 50_007)));
  });

  it("changes with any bit", () => {
    fc.assert(
      fc.property(sealedChunk, fc.nat(), (sealed, at) => {
        expect(chunkNameOf(withBitFlipped(sealed, at % (sealed.length * 8)))).not.toBe(chunkNameOf(sealed));
      }),
    );
  });

  it("changes when bytes are cut off or added, zeros too", () => {
    fc.assert(
      fc.property(sealedChunk, fc.integer({ min: 1, max: 2 * LEAF }), (sealed, count) => {
        const longer = new Uint8Array(sealed.length + count);
        longer.set(sealed);
        expect(chunkNameOf(longer)).not.toBe(chunkNameOf(sealed));
        if (count < sealed.length) expect(chunkNameOf(sealed.subarray(0, -count))).not.toBe(chunkNameOf(sealed));
      }),
    );
  });

  it("is no name for no bytes", () => {
    expect(() => chunkNameOf(new Uint8Array(0))).toThrow(AppError);
  });
});

describe("verifyLeaf", () => {
  it("is true for every leaf of a chunk", () => {
    for (const length of [1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF + 16, 5 * LEAF, 9 * LEAF + 1]) {
      const sealed = noiseBytes(length);
      for (let index = 0; index < Math.ceil(length / LEAF); index++) {
        expect(verifyLeaf(proofOf(sealed, index))).toBe(true);
      }
    }
  });

  it("finds any flipped bit of the leaf, the path and the name", () => {
    fc.assert(
      fc.property(sealedChunk, fc.nat(), fc.nat(), (sealed, pick, bit) => {
        const proof = proofOf(sealed, pick % Math.ceil(sealed.length / LEAF));
        expect(verifyLeaf({ ...proof, leaf: withBitFlipped(proof.leaf, bit % (proof.leaf.length * 8)) })).toBe(false);
        const name = chunkNameFromBytes(withBitFlipped(chunkNameToBytes(proof.name), bit % 256));
        expect(verifyLeaf({ ...proof, name })).toBe(false);
        proof.path.forEach((hash, i) => {
          expect(verifyLeaf({ ...proof, path: proof.path.with(i, withBitFlipped(hash, bit % 256)) })).toBe(false);
        });
      }),
    );
  });

  it("finds another length, another index, a path too long or too short", () => {
    fc.assert(
      fc.property(sealedChunk, fc.nat(), fc.integer({ min: -LEAF, max: LEAF }), (sealed, pick, by) => {
        const proof = proofOf(sealed, pick % Math.ceil(sealed.length / LEAF));
        if (by !== 0) {
          expect(verifyLeaf({ ...proof, sealedLength: sealed.length + by })).toBe(false);
          expect(verifyLeaf({ ...proof, leafIndex: proof.leafIndex + by })).toBe(false);
        }
        expect(verifyLeaf({ ...proof, path: [...proof.path, new Uint8Array(32)] })).toBe(false);
        if (proof.path.length > 0) expect(verifyLeaf({ ...proof, path: proof.path.slice(1) })).toBe(false);
      }),
    );
  });

  it("does not take an inner node for a leaf", () => {
    // The two children of the root, given as the only leaf of a shorter chunk.
    const sealed = noiseBytes(2 * LEAF);
    const [right] = merklePath(sealed, 0);
    const [left] = merklePath(sealed, 1);
    const leaf = new Uint8Array([...left!, ...right!]);
    for (const sealedLength of [leaf.length, sealed.length]) {
      expect(verifyLeaf({ name: chunkNameOf(sealed), sealedLength, leafIndex: 0, leaf, path: [] })).toBe(false);
    }
  });

  it("takes no leaf of another length, even from a name made over such leaves", () => {
    const leaf = noiseBytes(LEAF - 1);
    const { sha256 } = nodeCrypto;
    const tree = buildMerkleTree([leaf, noiseBytes(LEAF + 1)], sha256);
    const name = chunkNameFor(tree.root, 2 * LEAF, sha256);
    expect(verifyLeaf({ name, sealedLength: 2 * LEAF, leafIndex: 0, leaf, path: tree.path(0) })).toBe(false);
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("is false for a length of %d", (sealedLength) => {
    const name = "0".repeat(64) as ChunkName;
    expect(verifyLeaf({ name, sealedLength, leafIndex: 0, leaf: new Uint8Array(0), path: [] })).toBe(false);
  });
});

describe("merklePath", () => {
  it.each([-1, 2, 0.5])("has no leaf %d in a chunk of two", (leafIndex) => {
    expect(() => merklePath(noiseBytes(LEAF + 1), leafIndex)).toThrow(AppError);
  });
});
