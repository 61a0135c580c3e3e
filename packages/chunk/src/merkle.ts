import { AppError } from "@commonhold/core/app-error.ts";
import { type LeafProof, verifyLeaf as verifyLeafBy } from "@commonhold/core/audit/merkle-proof.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { buildMerkleTree, leavesOf, type MerkleTree, nameChunk } from "./merkle-tree.ts";
import { platformCrypto } from "./platform-crypto.ts";

export { chunkNameFromBytes, chunkNameToBytes } from "@commonhold/core/audit/chunk-name.ts";

/**
 * The name of a chunk: SHA-256(0x02 ‖ sealed length as u64, big-endian ‖ root), where root is that of the RFC 6962
 * tree over the sealed bytes in leaves of 16 KiB.
 * @param sealed at least one byte
 * @throws AppError WRONG_CHUNK_LENGTH for none
 */
export function chunkNameOf(sealed: Uint8Array): ChunkName {
  requireBytes(sealed);
  return nameChunk(sealed, platformCrypto.sha256);
}

/**
 * The tree behind a chunk's name, for several paths at the cost of one pass.
 * @throws AppError WRONG_CHUNK_LENGTH for a chunk of no bytes
 */
export function chunkTreeOf(sealed: Uint8Array): MerkleTree {
  requireBytes(sealed);
  return buildMerkleTree(leavesOf(sealed), platformCrypto.sha256);
}

/**
 * Sibling hashes from a leaf up to the root.
 * @throws AppError WRONG_CHUNK_LENGTH for a chunk of no bytes, INTERNAL where there is no such leaf
 */
export function merklePath(sealed: Uint8Array, leafIndex: number): readonly Uint8Array[] {
  const tree = chunkTreeOf(sealed);
  if (!Number.isInteger(leafIndex) || leafIndex < 0 || leafIndex >= tree.leafCount) {
    throw new AppError("INTERNAL", `leaf ${leafIndex} does not exist: the chunk has ${tree.leafCount}`);
  }
  return tree.path(leafIndex);
}

/** Whether a leaf with its path belongs to a chunk's name. Never throws, whatever a peer sent. */
export function verifyLeaf(proof: LeafProof): boolean {
  return verifyLeafBy(proof, platformCrypto.sha256);
}

function requireBytes(sealed: Uint8Array): void {
  if (sealed.length === 0) throw new AppError("WRONG_CHUNK_LENGTH", "a chunk has at least one byte, this one has none");
}
