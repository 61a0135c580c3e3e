import type { HmacSha256, Sha256 } from "@commonhold/core/audit/hash-functions.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkCodec } from "./chunk-codec.ts";

export type MaybePromise<T> = T | Promise<T>;

export const AES_KEY_LENGTH = 32;
export const AES_NONCE_LENGTH = 12;
export const AES_TAG_LENGTH = 16;

/** AES-256-GCM (NIST SP 800-38D), key of 32 bytes, nonce of 12, tag of 16. */
export interface AesGcmRequest {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** The plaintext to seal, or the ciphertext ‖ tag to open. */
  readonly bytes: Uint8Array;
  /** Authenticated, not encrypted. */
  readonly aad?: Uint8Array;
  /** Memory of exactly the length of the result, in which a platform that can puts it. */
  readonly target?: Uint8Array;
}

export interface HkdfRequest {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
}

/**
 * What this package asks of its platform, in two halves.
 *
 * The operations here answer at once and see little: keys, entries, tree nodes, at most a few leaves. Node has them
 * natively; a browser takes them from a small library, as WebCrypto only answers later. Those of `bulk` see whole
 * chunks and may answer at once (Node) or with a promise (WebCrypto), so only what works on whole chunks,
 * `sealChunk` and `openChunk`, is asynchronous: a handful of microtasks for milliseconds of work.
 */
export interface ChunkCrypto {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  /** HKDF-SHA-256 (RFC 5869) with 32 bytes of output. */
  hkdfSha256(request: HkdfRequest): Uint8Array;
  /** Ciphertext ‖ tag. */
  sealAesGcm(request: AesGcmRequest): Uint8Array;
  /** The plaintext, or undefined when the bytes are not authentic. */
  openAesGcm(request: AesGcmRequest): Uint8Array | undefined;
  readonly bulk: BulkCrypto;
}

export interface BulkCrypto {
  sha256(bytes: Uint8Array): MaybePromise<Uint8Array>;
  /** Ciphertext ‖ tag. */
  sealAesGcm(request: AesGcmRequest): MaybePromise<Uint8Array>;
  /** The plaintext, or undefined when the bytes are not authentic. */
  openAesGcm(request: AesGcmRequest): MaybePromise<Uint8Array | undefined>;
  /** What `chunkNameOf` gives. */
  nameChunk(sealed: Uint8Array): MaybePromise<ChunkName>;
  /** Undefined where the platform has no zstd: chunks are then sealed as they are. */
  readonly zstd: ZstdCompressor | undefined;
}

export interface ZstdCompressor {
  /** Of what `compress` makes: compressor, its version and its level. */
  readonly codec: ChunkCodec;
  compress(bytes: Uint8Array): MaybePromise<Uint8Array>;
  /** Takes memory for `lengthMax` bytes at most; undefined when the bytes are no zstd frame or hold more. */
  decompress(bytes: Uint8Array, lengthMax: number): MaybePromise<Uint8Array | undefined>;
}
