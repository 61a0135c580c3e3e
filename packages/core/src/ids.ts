declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Name of a chunk: 64 lower-case hex digits of SHA-256(0x02 ‖ sealed length ‖ Merkle root). */
export type ChunkName = Branded<string, "ChunkName">;
/** A node's id is its libp2p peer id (base58btc text of an Ed25519 identity multihash). */
export type NodeId = Branded<string, "NodeId">;
export type UserId = Branded<string, "UserId">;
export type FileId = Branded<string, "FileId">;
export type FolderId = Branded<string, "FolderId">;
export type UploadId = Branded<string, "UploadId">;

const CHUNK_NAME = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ED25519_PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/;

export function isChunkName(text: string): text is ChunkName {
  return CHUNK_NAME.test(text);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isNodeId(text: string): text is NodeId {
  return ED25519_PEER_ID.test(text);
}

/**
 * A UUID of version 7 (RFC 9562): sorts by time of creation.
 * @param timeMs milliseconds since 1970
 * @param random 10 random bytes
 */
export function uuidV7(timeMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = timeMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  return uuidText(bytes, 7);
}

/**
 * A UUID of version 8 (RFC 9562): stands for what its bytes were made from.
 * @param digest 16 bytes, of which 122 bits are kept
 */
export function uuidV8(digest: Uint8Array): string {
  return uuidText(digest.slice(0, 16), 8);
}

function uuidText(bytes: Uint8Array, version: 7 | 8): string {
  bytes[6] = (version << 4) | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
