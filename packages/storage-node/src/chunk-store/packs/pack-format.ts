import { crc32 } from "node:zlib";
import type { ChunkName } from "@commonhold/core/ids.ts";

// The format is described in docs/chunk-store.md. A version that was released is never changed.

const PACK_MAGIC = Buffer.from("CHPACK\0\u0001", "latin1");
/** "CHR" and the version of the record. */
const RECORD_MAGIC = 0x43485201;
const KINDS = { chunk: 1, tombstone: 2 } as const;
const EPOCH_KNOWN = 1;
const OWNER_KNOWN = 2;
const OWN = 4;
const FLAGS = EPOCH_KNOWN | OWNER_KNOWN | OWN;

export const PACK_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 72;
/** Records begin at multiples of this: where one is damaged, the next is looked for there. */
export const RECORD_ALIGNMENT = 8;
/** The most sealed bytes of a chunk that goes into a pack. */
export const PACKED_LENGTH_MAX = 64 * 1024;

/** What a pack says of a chunk that was stored, or deleted. */
export interface PackRecord {
  readonly kind: "chunk" | "tombstone";
  readonly name: ChunkName;
  /** Of two records of one name the one with the higher sequence is right. A copy keeps that of its original. */
  readonly sequence: number;
  /** Under which it was stored or deleted; undefined where that was not known. */
  readonly epoch: number | undefined;
  readonly own: boolean | undefined;
  /** When it was stored or deleted. */
  readonly atMs: number;
  /** Bytes behind the header: the sealed chunk; of a tombstone, those of the record that it was written over. */
  readonly length: number;
}

/** Where a record lies. Its checksum binds it to that place, so that a pack inside a chunk is no pack. */
export interface RecordPlace {
  readonly pack: number;
  /** Of the header, from the beginning of the file. */
  readonly offset: number;
}

/** Bytes that a record of so many sealed bytes takes. */
export function recordBytes(length: number): number {
  return Math.ceil((RECORD_HEADER_BYTES + length) / RECORD_ALIGNMENT) * RECORD_ALIGNMENT;
}

/** What every pack begins with. */
export function encodePackHeader(pack: number): Buffer {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  PACK_MAGIC.copy(header);
  writeU64(header, 8, pack);
  header.writeUInt32BE(crc32(header.subarray(0, PACK_HEADER_BYTES - 4)), PACK_HEADER_BYTES - 4);
  return header;
}

/** Whether these are the first bytes of pack `pack`. */
export function isPackHeader(bytes: Uint8Array, pack: number): boolean {
  return Buffer.compare(bytes.subarray(0, PACK_HEADER_BYTES), encodePackHeader(pack)) === 0;
}

/** Whether these are the first bytes of a pack of another version, of which this one knows nothing. */
export function isForeignPack(bytes: Uint8Array): boolean {
  const isPack = Buffer.compare(bytes.subarray(0, 7), PACK_MAGIC.subarray(0, 7)) === 0;
  return isPack && bytes.length > 7 && bytes[7] !== PACK_MAGIC[7];
}

/** Writes header, sealed bytes and padding at `at`. @returns the bytes written: `recordBytes` */
export function encodeRecord(
  target: Buffer,
  at: number,
  { record, place, sealed }: { readonly record: PackRecord; readonly place: RecordPlace; readonly sealed: Uint8Array },
): number {
  const end = at + recordBytes(sealed.length);
  encodeRecordHeader(target, at, { record, place });
  target.set(sealed, at + RECORD_HEADER_BYTES);
  target.fill(0, at + RECORD_HEADER_BYTES + sealed.length, end);
  return end - at;
}

export function encodeRecordHeader(
  target: Buffer,
  at: number,
  { record, place }: { readonly record: PackRecord; readonly place: RecordPlace },
): void {
  const { kind, name, sequence, epoch, own, atMs, length } = record;
  target.writeUInt32BE(RECORD_MAGIC, at);
  target[at + 4] = KINDS[kind];
  target[at + 5] = (epoch === undefined ? 0 : EPOCH_KNOWN) | (own === undefined ? 0 : OWNER_KNOWN) | (own ? OWN : 0);
  target[at + 6] = 0;
  target[at + 7] = 0;
  writeU64(target, at + 8, sequence);
  writeU64(target, at + 16, epoch ?? 0);
  writeU64(target, at + 24, atMs);
  target.write(name, at + 32, 32, "hex");
  target.writeUInt32BE(length, at + 64);
  target.writeUInt32BE(checksumOf(target, at, place), at + 68);
}

/** The record whose header is at `at` of `bytes`; undefined where there is none, or none that lay at `place`. */
export function decodeRecordHeader(bytes: Buffer, at: number, place: RecordPlace): PackRecord | undefined {
  if (bytes.readUInt32BE(at) !== RECORD_MAGIC) return undefined;
  if (bytes.readUInt32BE(at + 68) !== checksumOf(bytes, at, place)) return undefined;
  const kind = bytes[at + 4] === KINDS.chunk ? "chunk" : bytes[at + 4] === KINDS.tombstone ? "tombstone" : undefined;
  const flags = bytes[at + 5]!;
  const length = bytes.readUInt32BE(at + 64);
  if (kind === undefined || (flags & ~FLAGS) !== 0 || length > PACKED_LENGTH_MAX) return undefined;
  if (kind === "chunk" && length === 0) return undefined;
  return {
    kind,
    name: bytes.toString("hex", at + 32, at + 64) as ChunkName,
    sequence: readU64(bytes, at + 8),
    epoch: (flags & EPOCH_KNOWN) === 0 ? undefined : readU64(bytes, at + 16),
    own: (flags & OWNER_KNOWN) === 0 ? undefined : (flags & OWN) !== 0,
    atMs: readU64(bytes, at + 24),
    length,
  };
}

const placeBytes = Buffer.alloc(16);

function checksumOf(bytes: Buffer, at: number, { pack, offset }: RecordPlace): number {
  writeU64(placeBytes, 0, pack);
  writeU64(placeBytes, 8, offset);
  return crc32(bytes.subarray(at, at + RECORD_HEADER_BYTES - 4), crc32(placeBytes));
}

// Whole numbers up to 2⁵³; a bigint for each would cost more than the rest of the header.
function writeU64(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value % 2 ** 32, at + 4);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
