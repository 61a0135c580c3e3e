import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sha256 } from "./hash-functions.ts";
import { hashLeaf, hashNode, leafCountFor, leafLengthAt, rootFromPath } from "./merkle-proof.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(hash("sha256", Buffer.concat(parts), "buffer"));
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

/** RFC 6962 §2.1 and §2.1.1 word for word. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return hashLeaf(leaves[0]!, sha256);
  const k = split(leaves.length);
  return hashNode(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

function pathOf(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...pathOf(index, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

function split(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

// The leaves and audit paths that the certificate-transparency project publishes for RFC 6962.
const CT_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(unhex);
const CT_ROOTS = new Map([
  [1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
  [3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"],
  [5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"],
  [8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
]);
const CT_PATHS: readonly [index: number, count: number, path: readonly string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    1,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

describe("rootFromPath", () => {
  it.each(CT_PATHS)("follows the published path of leaf %d of %d", (leafIndex, leafCount, path) => {
    const leafHash = hashLeaf(CT_LEAVES[leafIndex]!, sha256);
    const root = rootFromPath({ leafHash, leafIndex, leafCount, path: path.map(unhex) }, sha256);
    expect(hex(root)).toBe(CT_ROOTS.get(leafCount));
  });

  it("ends in the root for every leaf of every tree of up to 40 leaves", () => {
    for (let leafCount = 1; leafCount <= 40; leafCount++) {
      const leaves = Array.from({ length: leafCount }, (_, i) => Uint8Array.of(i));
      const root = hex(treeHash(leaves));
      for (let leafIndex = 0; leafIndex < leafCount; leafIndex++) {
        const leafHash = hashLeaf(leaves[leafIndex]!, sha256);
        const path = pathOf(leafIndex, leaves);
        expect(hex(rootFromPath({ leafHash, leafIndex, leafCount, path }, sha256))).toBe(root);
      }
    }
  });

  it("ends elsewhere for another index, and nowhere for a path too long or too short", () => {
    const size = fc.integer({ min: 2, max: 40 });
    const pick = size.chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(count - 1)));
    fc.assert(
      fc.property(pick, ([leafCount, leafIndex, other]) => {
        const leaves = Array.from({ length: leafCount }, (_, i) => Uint8Array.of(i));
        const leafHash = hashLeaf(leaves[leafIndex]!, sha256);
        const path = pathOf(leafIndex, leaves);
        const root = hex(treeHash(leaves));
        const at = (index: number, siblings: Uint8Array[]) =>
          hex(rootFromPath({ leafHash, leafIndex: index, leafCount, path: siblings }, sha256));
        if (other !== leafIndex) expect(at(other, path)).not.toBe(root);
        expect(at(leafIndex, path.slice(1))).not.toBe(root);
        expect(at(leafIndex, path.slice(0, -1))).toBeUndefined();
        expect(at(leafIndex, [...path, new Uint8Array(32)])).toBeUndefined();
      }),
    );
  });

  it.each([
    [-1, 3],
    [3, 3],
    [0.5, 3],
    [0, 0],
    [Number.NaN, 3],
    [0, Number.POSITIVE_INFINITY],
  ])("has no path for leaf %d of %d", (leafIndex, leafCount) => {
    const path = [new Uint8Array(32), new Uint8Array(32)];
    expect(rootFromPath({ leafHash: new Uint8Array(32), leafIndex, leafCount, path }, sha256)).toBeUndefined();
  });

  it("refuses a sibling that is no hash", () => {
    const start = { leafHash: new Uint8Array(32), leafIndex: 0, leafCount: 2 };
    expect(rootFromPath({ ...start, path: [new Uint8Array(31)] }, sha256)).toBeUndefined();
    expect(rootFromPath({ ...start, path: [new Uint8Array(32)] }, sha256)).toBeDefined();
  });
});

describe("leaves", () => {
  it.each([
    [1, 1, 1],
    [16_384, 1, 16_384],
    [16_385, 2, 1],
    [4_194_320, 257, 16],
  ])("of %d bytes are %d, the last of %d bytes", (sealedLength, count, last) => {
    expect(leafCountFor(sealedLength)).toBe(count);
    expect(leafLengthAt(count - 1, sealedLength)).toBe(last);
  });
});
