import { AppError } from "@commonhold/core/app-error.ts";
import { CHUNK_SIZE_BYTES_MAX } from "@commonhold/core/chunk-size.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkCodec } from "./chunk-codec.ts";
import { compressIfItPays } from "./compress-chunk.ts";
import {
  AES_KEY_LENGTH,
  AES_NONCE_LENGTH,
  AES_TAG_LENGTH,
  type BulkCrypto,
  type ChunkCrypto,
  type ZstdCompressor,
} from "./crypto-port.ts";
import { platformCrypto } from "./platform-crypto.ts";
import { requireLength } from "./require-length.ts";

export const OWNER_SECRET_LENGTH = 32;
/** What sealing adds to a chunk that was not compressed. */
export const SEAL_OVERHEAD_BYTES = AES_TAG_LENGTH;

export interface SealedChunk {
  readonly name: ChunkName;
  /** Ciphertext ‖ 16-byte tag. */
  readonly sealed: Uint8Array;
  /** 32 bytes; opens this chunk and no other. */
  readonly key: Uint8Array;
  /** SHA-256 of the plaintext. */
  readonly plainHash: Uint8Array;
  readonly codec: ChunkCodec;
}

export interface OpenChunkRequest {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
  readonly codec: ChunkCodec;
  readonly plainLength: number;
}

export interface ChunkOptions {
  readonly crypto?: ChunkCrypto;
  /** Memory for the sealed bytes, or for the plaintext; new memory where it is not given. */
  readonly allocate?: (length: number) => Uint8Array;
}

const KEY_LABEL = "commonhold chunk v1";
/** Safe only because a chunk's key seals one message: see `keyInfo`. */
const NONCE = new Uint8Array(AES_NONCE_LENGTH);

/**
 * Compresses a chunk where that pays, seals it and names it. The same bytes of one owner always give the same
 * chunk (with one version of the compressor); those of two owners never do.
 * @param plain 1 byte to 4 MiB, not changed until the promise is settled
 * @param ownerSecret 32 bytes
 * @throws AppError WRONG_CHUNK_LENGTH
 */
export async function sealChunk(
  plain: Uint8Array,
  ownerSecret: Uint8Array,
  { crypto = platformCrypto, allocate }: ChunkOptions = {},
): Promise<SealedChunk> {
  requireLength("owner's secret", ownerSecret, OWNER_SECRET_LENGTH);
  requirePlainLength(plain.length);
  const { bulk } = crypto;
  const plainHash = await bulk.sha256(plain);
  const { codec, bytes } = await encode(plain, bulk);
  const codedHash = codec === "none" ? undefined : await bulk.sha256(bytes);
  const key = crypto.hkdfSha256({ secret: ownerSecret, salt: plainHash, info: keyInfo(codec, codedHash) });
  const target = allocate?.(bytes.length + AES_TAG_LENGTH);
  const sealed = await bulk.sealAesGcm({ key, nonce: NONCE, bytes, ...(target && { target }) });
  return { name: await bulk.nameChunk(sealed), sealed, key, plainHash, codec };
}

/**
 * A chunk's plaintext.
 * @throws AppError CHUNK_CORRUPT when the bytes are not what was sealed under this key, WRONG_CHUNK_LENGTH when
 *   `plainLength` is none that a chunk can have, INTERNAL for a codec that this platform cannot undo
 */
export async function openChunk(
  request: OpenChunkRequest,
  { crypto = platformCrypto, allocate }: ChunkOptions = {},
): Promise<Uint8Array> {
  const { sealed, key, codec, plainLength } = request;
  requireLength("chunk key", key, AES_KEY_LENGTH);
  requirePlainLength(plainLength);
  const { bulk } = crypto;
  const target = codec === "none" ? allocate?.(plainLength) : undefined;
  const message = await bulk.openAesGcm({ key, nonce: NONCE, bytes: sealed, ...(target && { target }) });
  if (message === undefined) {
    throw new AppError("CHUNK_CORRUPT", `the chunk's ${sealed.length} bytes are not what was sealed under its key`);
  }
  const plain = codec === "none" ? message : await zstdFor(codec, bulk).decompress(message, plainLength);
  if (plain?.length !== plainLength) {
    throw new AppError(
      "CHUNK_CORRUPT",
      `the chunk (codec ${codec}) does not open to the ${plainLength} bytes it should`,
    );
  }
  return plain;
}

async function encode(
  plain: Uint8Array,
  { zstd }: BulkCrypto,
): Promise<{ readonly codec: ChunkCodec; readonly bytes: Uint8Array }> {
  const compressed = zstd && (await compressIfItPays(plain, zstd));
  return zstd && compressed ? { codec: zstd.codec, bytes: compressed } : { codec: "none", bytes: plain };
}

/**
 * The info of HKDF-SHA-256(owner's secret, salt = SHA-256(plaintext), info), which gives a chunk's key:
 * "commonhold chunk v1" ‖ codec and, for a compressed chunk, ‖ 0x00 ‖ SHA-256(compressed bytes).
 *
 * The nonce is all zeros, which AES-GCM forgives only while no key ever seals two different messages. Uncompressed,
 * the message is the plaintext, and its hash in the salt makes the key its own. Compressed, one plaintext has many
 * possible messages: another level or version of zstd gives other bytes, and so does the same version when it is
 * merely called with another size of output buffer. Therefore the codec names compressor, version and level, and
 * the hash of the compressed bytes makes the key that of this message whatever the compressor does.
 */
function keyInfo(codec: ChunkCodec, codedHash: Uint8Array | undefined): Uint8Array {
  const label = new TextEncoder().encode(KEY_LABEL + codec);
  if (codedHash === undefined) return label;
  const info = new Uint8Array(label.length + 1 + codedHash.length);
  info.set(label);
  info.set(codedHash, label.length + 1);
  return info;
}

function zstdFor(codec: ChunkCodec, { zstd }: BulkCrypto): ZstdCompressor {
  if (zstd !== undefined && codec.startsWith("zstd-")) return zstd;
  throw new AppError("INTERNAL", `cannot undo codec "${codec}": use a version of Commonhold that knows it`);
}

function requirePlainLength(length: number): void {
  if (Number.isInteger(length) && length >= 1 && length <= CHUNK_SIZE_BYTES_MAX) return;
  throw new AppError(
    "WRONG_CHUNK_LENGTH",
    `a chunk has 1 to ${CHUNK_SIZE_BYTES_MAX} bytes of plaintext, not ${length}`,
  );
}
