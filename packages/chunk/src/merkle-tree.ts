import { chunkNameFor } from "@commonhold/core/audit/chunk-name.ts";
import type { Sha256 } from "@commonhold/core/audit/hash-functions.ts";
import { hashLeaf, hashNode, LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";

/** The root of a growing list of leaves (RFC 6962 §2.1), in memory that grows with the logarithm of their number. */
export interface MerkleRoot {
  add(leaf: Uint8Array): void;
  /** The root over the leaves so far; over none, SHA-256 of nothing. More may be added after. */
  root(): Uint8Array;
}

export function createMerkleRoot(sha256: Sha256): MerkleRoot {
  // Roots of complete subtrees, largest first: one for each bit that is set in `count`.
  const subtrees: Uint8Array[] = [];
  let count = 0;
  return {
    add(leaf) {
      let hash = hashLeaf(leaf, sha256);
      for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2)) {
        hash = hashNode(subtrees.pop()!, hash, sha256);
      }
      subtrees.push(hash);
      count += 1;
    },
    root() {
      return subtrees.length === 0 ? sha256() : subtrees.reduceRight((right, left) => hashNode(left, right, sha256));
    },
  };
}

/** A whole tree, for paths. */
export interface MerkleTree {
  readonly root: Uint8Array;
  readonly leafCount: number;
  /** Sibling hashes from leaf `leafIndex`, 0 ≤ index < count, up to the root (RFC 6962 §2.1.1). */
  path(leafIndex: number): readonly Uint8Array[];
}

/** The tree over `leaves`, at least one. Hashing level by level, with an odd last node rising, gives RFC 6962's shape. */
export function buildMerkleTree(leaves: Iterable<Uint8Array>, sha256: Sha256): MerkleTree {
  let level = Array.from(leaves, (leaf) => hashLeaf(leaf, sha256));
  const leafCount = level.length;
  const levels = [level];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      above.push(right === undefined ? level[i]! : hashNode(level[i]!, right, sha256));
    }
    levels.push(above);
    level = above;
  }
  return {
    root: level[0]!,
    leafCount,
    path(leafIndex) {
      return levels.flatMap((nodes, height) => nodes[Math.floor(leafIndex / 2 ** height) ^ 1] ?? []);
    },
  };
}

/** Views of a chunk's leaves: 16 KiB each, the last one what is left. */
export function* leavesOf(sealed: Uint8Array): Generator<Uint8Array, undefined> {
  for (let offset = 0; offset < sealed.length; offset += LEAF_SIZE_BYTES) {
    yield sealed.subarray(offset, offset + LEAF_SIZE_BYTES);
  }
  return undefined;
}

/** The name of a chunk of at least one byte, without keeping its tree. */
export function nameChunk(sealed: Uint8Array, sha256: Sha256): ChunkName {
  const tree = createMerkleRoot(sha256);
  for (const leaf of leavesOf(sealed)) tree.add(leaf);
  return chunkNameFor(tree.root(), sealed.length, sha256);
}
