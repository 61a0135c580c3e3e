import { chunkTreeOf } from "@commonhold/chunk/merkle.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { chunkNameFor } from "@commonhold/core/audit/chunk-name.ts";
import { HASH_LENGTH, hashLeaf, hashNode, LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";

const LEAVES = 4;
const LAST_LEAF_BYTES = { from: 64, to: 1_024 };
const VARIED_BYTES = 16;
/**
 * The names of all chunks begin with one of so many bytes. A node with few chunks is asked about one at a time, as its
 * names are cut into 256 parts at least; with names that lie close together it is asked about several, as one with
 * thousands of chunks is.
 */
const PREFIXES = 8;

/** A real chunk: its bytes, its tree and its name. */
export interface SealedChunk {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
  readonly tree: ReturnType<typeof chunkTreeOf>;
}

export function makeChunk(random: SeededRandom): SealedChunk {
  const { sha256 } = platformCrypto;
  const lastAt = (LEAVES - 1) * LEAF_SIZE_BYTES;
  const sealed = new Uint8Array(lastAt + random.integer(LAST_LEAF_BYTES.from, LAST_LEAF_BYTES.to));
  const seed = random.bytes(32);
  for (let at = 0, block = 0; at < lastAt; at += HASH_LENGTH, block++) {
    sealed.set(sha256(seed, Uint8Array.of(block >>> 8, block & 0xff)), at);
  }
  const hashes = Array.from({ length: LEAVES - 1 }, (_, leaf) =>
    hashLeaf(sealed.subarray(leaf * LEAF_SIZE_BYTES, (leaf + 1) * LEAF_SIZE_BYTES), sha256),
  );
  const left = hashNode(hashes[0]!, hashes[1]!, sha256);
  for (;;) {
    sealed.set(random.bytes(VARIED_BYTES), lastAt);
    const root = hashNode(left, hashNode(hashes[2]!, hashLeaf(sealed.subarray(lastAt), sha256), sha256), sha256);
    const name = chunkNameFor(root, sealed.length, sha256);
    if (isUsedPrefix(name)) return { name, sealed, tree: chunkTreeOf(sealed) };
  }
}

/** Whether the name of a chunk may begin like this one. */
export function isUsedPrefix(name: string): boolean {
  return Number.parseInt(name.slice(0, 2), 16) % (256 / PREFIXES) === 0;
}
