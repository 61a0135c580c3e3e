import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type ChunkCodec, isChunkCodec } from "./chunk-codec.ts";
import { AES_KEY_LENGTH, AES_NONCE_LENGTH } from "./crypto-port.ts";
import { platformCrypto } from "./platform-crypto.ts";
import { requireLength } from "./require-length.ts";

/** What it takes to open one chunk of a file, and to compute the file's content id. */
export interface ChunkEntry {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** SHA-256 of the plaintext. */
  readonly plainHash: Uint8Array;
  readonly codec: ChunkCodec;
}

/** Where an entry belongs; it opens nowhere else. */
export interface ChunkEntryContext {
  /** 32 bytes. */
  readonly fileKey: Uint8Array;
  readonly fileId: string;
  /** The chunk's place in the file, 0 ≤ index < 2³². */
  readonly index: number;
}

const VERSION = 1;
const AAD_LABEL = "commonhold entry v1";
const INDEX_MAX = 2 ** 32 - 1;
const HASH_LENGTH = 32;
const MESSAGE_START = 1 + AES_NONCE_LENGTH;

/**
 * Seals an entry under its file's key: version 0x01 ‖ nonce (12) ‖ AES-256-GCM of { key (32) ‖ plain hash (32) ‖
 * codec (text) } ‖ tag (16), with "commonhold entry v1" ‖ file id ‖ index (u32, big-endian) authenticated along.
 * The nonce is random: good for 2³² entries under one file key.
 */
export function sealChunkEntry(entry: ChunkEntry, context: ChunkEntryContext, random: Random): Uint8Array {
  requireLength("chunk key", entry.key, AES_KEY_LENGTH);
  requireLength("plain hash", entry.plainHash, HASH_LENGTH);
  if (!isChunkCodec(entry.codec)) throw new AppError("INTERNAL", `"${entry.codec}" is no codec`);
  const aad = entryAad(context);
  const codec = new TextEncoder().encode(entry.codec);
  const plain = new Uint8Array(AES_KEY_LENGTH + HASH_LENGTH + codec.length);
  plain.set(entry.key);
  plain.set(entry.plainHash, AES_KEY_LENGTH);
  plain.set(codec, AES_KEY_LENGTH + HASH_LENGTH);
  const nonce = random.bytes(AES_NONCE_LENGTH);
  const message = platformCrypto.sealAesGcm({ key: context.fileKey, nonce, bytes: plain, aad });
  const sealed = new Uint8Array(MESSAGE_START + message.length);
  sealed[0] = VERSION;
  sealed.set(nonce, 1);
  sealed.set(message, MESSAGE_START);
  return sealed;
}

/**
 * The inverse of `sealChunkEntry`.
 * @throws AppError KEY_MISMATCH when the entry was changed, belongs to another place or was sealed under another key
 */
export function openChunkEntry(sealed: Uint8Array, context: ChunkEntryContext): ChunkEntry {
  const aad = entryAad(context);
  const { fileKey, fileId, index } = context;
  const where = `the entry of chunk ${index} of file ${fileId}`;
  const plain =
    sealed[0] === VERSION
      ? platformCrypto.openAesGcm({
          key: fileKey,
          nonce: sealed.subarray(1, MESSAGE_START),
          bytes: sealed.subarray(MESSAGE_START),
          aad,
        })
      : undefined;
  if (plain === undefined) {
    throw new AppError("KEY_MISMATCH", `${where} does not open: it was changed, moved, or sealed under another key`);
  }
  const codec = new TextDecoder().decode(plain.subarray(AES_KEY_LENGTH + HASH_LENGTH));
  if (!isChunkCodec(codec)) throw new AppError("KEY_MISMATCH", `${where} names "${codec}", which is no codec`);
  return {
    key: plain.slice(0, AES_KEY_LENGTH),
    plainHash: plain.slice(AES_KEY_LENGTH, AES_KEY_LENGTH + HASH_LENGTH),
    codec,
  };
}

/** Label and index have fixed lengths, so no two contexts have the same bytes. */
function entryAad({ fileKey, fileId, index }: ChunkEntryContext): Uint8Array {
  requireLength("file key", fileKey, AES_KEY_LENGTH);
  if (!Number.isInteger(index) || index < 0 || index > INDEX_MAX) {
    throw new AppError("INTERNAL", `${index} is no chunk index: it must be 0 to ${INDEX_MAX}`);
  }
  const text = new TextEncoder().encode(AAD_LABEL + fileId);
  const aad = new Uint8Array(text.length + 4);
  aad.set(text);
  new DataView(aad.buffer).setUint32(text.length, index);
  return aad;
}
