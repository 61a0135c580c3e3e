import type { ChunkName } from "../ids.ts";
import { chunkNameFor } from "./chunk-name.ts";
import type { Sha256 } from "./hash-functions.ts";

/** A chunk's tree stands on leaves of this many sealed bytes; only the last may be shorter. */
export const LEAF_SIZE_BYTES = 16 * 1024;

export const HASH_LENGTH = 32;

const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/** Hash of a leaf: SHA-256(0x00 ‖ leaf), RFC 6962 §2.1. */
export function hashLeaf(leaf: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(LEAF_PREFIX, leaf);
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1. */
export function hashNode(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(NODE_PREFIX, left, right);
}

/** Leaves of a chunk of `sealedLength` ≥ 1 bytes. */
export function leafCountFor(sealedLength: number): number {
  return Math.ceil(sealedLength / LEAF_SIZE_BYTES);
}

/** Bytes of leaf `leafIndex`, 0 ≤ index < count. */
export function leafLengthAt(leafIndex: number, sealedLength: number): number {
  return Math.min(LEAF_SIZE_BYTES, sealedLength - leafIndex * LEAF_SIZE_BYTES);
}

export interface PathStart {
  readonly leafHash: Uint8Array;
  readonly leafIndex: number;
  readonly leafCount: number;
  /** Sibling hashes from the leaf up to the root. */
  readonly path: readonly Uint8Array[];
}

/**
 * The root that `path` leads to (RFC 9162 §2.1.3.2), or undefined where no tree of `leafCount` leaves has a path of
 * this shape for this leaf.
 */
export function rootFromPath(start: PathStart, sha256: Sha256): Uint8Array | undefined {
  const { leafIndex, leafCount, path } = start;
  if (!Number.isSafeInteger(leafIndex) || !Number.isSafeInteger(leafCount)) return undefined;
  if (leafIndex < 0 || leafIndex >= leafCount) return undefined;
  let hash = start.leafHash;
  let position = leafIndex;
  let last = leafCount - 1;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_LENGTH) return undefined;
    if (position % 2 === 1) {
      hash = hashNode(sibling, hash, sha256);
    } else if (position < last) {
      hash = hashNode(hash, sibling, sha256);
    } else {
      // The last node of a level without a partner rises unchanged until it is somebody's right child.
      while (position !== 0 && position % 2 === 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
      hash = hashNode(sibling, hash, sha256);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

export interface LeafProof {
  readonly name: ChunkName;
  /** The name binds the length, so a false one fails. */
  readonly sealedLength: number;
  readonly leafIndex: number;
  readonly leaf: Uint8Array;
  /** Sibling hashes of 32 bytes from the leaf up to the root. */
  readonly path: readonly Uint8Array[];
}

/** Whether `leaf` is leaf number `leafIndex` of the chunk `name`. Never throws, whatever a peer sent. */
export function verifyLeaf(proof: LeafProof, sha256: Sha256): boolean {
  const { sealedLength, leafIndex, leaf, path } = proof;
  if (!Number.isSafeInteger(sealedLength) || sealedLength < 1) return false;
  const leafCount = leafCountFor(sealedLength);
  if (!Number.isSafeInteger(leafIndex) || leafIndex < 0 || leafIndex >= leafCount) return false;
  if (leaf.length !== leafLengthAt(leafIndex, sealedLength)) return false;
  const root = rootFromPath({ leafHash: hashLeaf(leaf, sha256), leafIndex, leafCount, path }, sha256);
  return root !== undefined && chunkNameFor(root, sealedLength, sha256) === proof.name;
}
