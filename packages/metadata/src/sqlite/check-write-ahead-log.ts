import { closeSync, openSync, readSync } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Its last bit says in which byte order the checksums were made. */
const MAGIC = 0x377f0682;
const PAGE_BYTES_MAX = 65_536;

interface Checksum {
  readonly s0: number;
  readonly s1: number;
}

interface Log {
  readonly pageBytes: number;
  readonly littleEndian: boolean;
  readonly salt: Uint8Array;
  readonly checksum: Checksum;
}

/**
 * Looks for damage in the write-ahead log that a crash left. SQLite takes the log up to its first wrong checksum, as
 * that is where a power cut tore it, and drops the rest: a byte that rotted would cost every commit behind it without
 * a word. But a frame that continues the chain of checksums behind a commit was written after that commit was synced,
 * so whatever is wrong before it is no tear.
 *
 * Damage in the last commit cannot be told from a tear. Format: sqlite.org/fileformat2.html#walformat
 * @throws AppError STORAGE_FAILURE
 */
export function checkWriteAheadLog(databaseFile: string): void {
  const file = `${databaseFile}-wal`;
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  try {
    if (isDamaged(descriptor)) throw damaged(file);
  } finally {
    closeSync(descriptor);
  }
}

function damaged(file: string): AppError {
  return new AppError(
    "STORAGE_FAILURE",
    `The write-ahead log "${file}" is damaged before its end: restore the database from a backup, or move this file ` +
      "away to go on without the changes in it",
  );
}

function isDamaged(descriptor: number): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES || header.every((byte) => byte === 0))
    return false;
  const log = readHeader(header);
  if (log === undefined) return true;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + log.pageBytes);
  let stored = log.checksum;
  let broken = false;
  let afterCommit = false;
  for (let at = HEADER_BYTES; ; at += frame.length) {
    if (readSync(descriptor, frame, 0, frame.length, at) < frame.length) return false;
    const ofThisLog = log.salt.every((byte, index) => frame[8 + index] === byte);
    const continues = ofThisLog && isSame(frameChecksum(frame, log, stored), storedChecksum(frame, 16));
    if (broken && afterCommit && continues) return true;
    if (!continues) broken = true;
    afterCommit = ofThisLog && frame.readUInt32BE(4) !== 0;
    stored = storedChecksum(frame, 16);
  }
}

/** Undefined where the header is wrong in itself; it is smaller than what a disk writes in one go. */
function readHeader(header: Buffer): Log | undefined {
  const magic = header.readUInt32BE(0);
  const littleEndian = magic === MAGIC;
  if (!littleEndian && magic !== MAGIC + 1) return undefined;
  const checksum = storedChecksum(header, 24);
  if (!isSame(checksumOf(header.subarray(0, 24), { s0: 0, s1: 0 }, littleEndian), checksum)) return undefined;
  const pageBytes = header.readUInt32BE(8);
  if (pageBytes < 512 || pageBytes > PAGE_BYTES_MAX) return undefined;
  return { pageBytes, littleEndian, salt: header.subarray(16, 24), checksum };
}

function frameChecksum(frame: Buffer, { littleEndian }: Log, before: Checksum): Checksum {
  const ofHeader = checksumOf(frame.subarray(0, 8), before, littleEndian);
  return checksumOf(frame.subarray(FRAME_HEADER_BYTES), ofHeader, littleEndian);
}

function checksumOf(bytes: Buffer, from: Checksum, littleEndian: boolean): Checksum {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let { s0, s1 } = from;
  for (let at = 0; at < bytes.byteLength; at += 8) {
    s0 = (s0 + view.getUint32(at, littleEndian) + s1) >>> 0;
    s1 = (s1 + view.getUint32(at + 4, littleEndian) + s0) >>> 0;
  }
  return { s0, s1 };
}

function storedChecksum(bytes: Buffer, at: number): Checksum {
  return { s0: bytes.readUInt32BE(at), s1: bytes.readUInt32BE(at + 4) };
}

function isSame(one: Checksum, other: Checksum): boolean {
  return one.s0 === other.s0 && one.s1 === other.s1;
}
