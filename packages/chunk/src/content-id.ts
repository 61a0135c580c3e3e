import { createMerkleRoot } from "./merkle-tree.ts";
import { platformCrypto } from "./platform-crypto.ts";
import { requireLength } from "./require-length.ts";

const HASH_LENGTH = 32;

export interface ContentId {
  /** The SHA-256 of the next plaintext chunk, in the order of the file. */
  add(plainHash: Uint8Array): void;
  /** 64 hex digits over the chunks so far; SHA-256 of nothing for an empty file. */
  finish(): string;
}

/**
 * A file's content id: the RFC 6962 root whose leaves are the SHA-256 hashes of the file's plaintext chunks, in
 * memory that grows with the logarithm of their number. The same bytes cut at another chunk size have another id.
 */
export function createContentId(): ContentId {
  const tree = createMerkleRoot(platformCrypto.sha256);
  return {
    add(plainHash) {
      requireLength("plain hash", plainHash, HASH_LENGTH);
      tree.add(plainHash);
    },
    finish: () => Array.from(tree.root(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}
