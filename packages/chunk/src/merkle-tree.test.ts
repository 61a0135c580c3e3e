import { describe, expect, it } from "vitest";
import { nodeCrypto } from "./node-crypto.ts";
import { buildMerkleTree, createMerkleRoot } from "./merkle-tree.ts";
import { hex } from "./testing/test-bytes.ts";

// The leaves, and the roots over the first n of them, that the certificate-transparency project publishes.
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  (text) => new Uint8Array(Buffer.from(text, "hex")),
);
const ROOTS: readonly [count: number, root: string][] = [
  [0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
  [2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
  [3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"],
  [4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
  [5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"],
  [6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"],
  [7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"],
  [8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
];
const { sha256 } = nodeCrypto;

describe("createMerkleRoot", () => {
  it.each(ROOTS)("gives the published root of %d leaves", (count, root) => {
    const tree = createMerkleRoot(sha256);
    for (const leaf of LEAVES.slice(0, count)) tree.add(leaf);
    expect(hex(tree.root())).toBe(root);
  });

  it("may be asked on the way", () => {
    const tree = createMerkleRoot(sha256);
    for (const [count, root] of ROOTS) {
      expect(hex(tree.root())).toBe(root);
      expect(hex(tree.root())).toBe(root);
      const next = LEAVES[count];
      if (next !== undefined) tree.add(next);
    }
  });
});

describe("buildMerkleTree", () => {
  it.each(ROOTS.slice(1))("gives the published root of %d leaves", (count, root) => {
    const tree = buildMerkleTree(LEAVES.slice(0, count), sha256);
    expect(hex(tree.root)).toBe(root);
    expect(tree.leafCount).toBe(count);
  });

  it.each<[leafIndex: number, count: number, path: readonly string[]]>([
    [0, 1, []],
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
      6,
      7,
      [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ],
    ],
  ])("gives the published path of leaf %d of %d", (leafIndex, count, path) => {
    expect(buildMerkleTree(LEAVES.slice(0, count), sha256).path(leafIndex).map(hex)).toEqual(path);
  });
});
