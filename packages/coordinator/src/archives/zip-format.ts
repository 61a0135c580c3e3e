/**
 * The records of a zip file (PKWARE APPNOTE 6.3.10), of entries that are stored as they are: sizes are known beforehand and
 * checksums only afterwards, so these stand in a data descriptor (4.3.9). ZIP64 (4.5.3) where 4 GiB or 65,535 are reached.
 */
export interface ZipEntry {
  /** With "/" between folders, and at the end of a folder's own. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

/** Where an entry begins in the file, and its checksum. */
export interface WrittenEntry {
  readonly entry: ZipEntry;
  readonly offset: number;
  readonly crc32: number;
}

const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
/** Checksum afterwards, and names in UTF-8. */
const FLAGS = 0x0808;
const VERSION_PLAIN = 20;
const VERSION_ZIP64 = 45;
/** 3: made on Unix, so that the attributes below mean what they do there. */
const MADE_BY = (3 << 8) | VERSION_ZIP64;
const FILE_MODE = 0o100644 * 0x1_0000;
/** With the mark that MS-DOS had for folders. */
const FOLDER_MODE = 0o040755 * 0x1_0000 + 0x10;
const TIME_EXTRA_BYTES = 9;
const ZIP64_TAG = 0x0001;
const TIME_TAG = 0x5455;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;

export function isLarge({ sizeBytes }: ZipEntry): boolean {
  return sizeBytes >= MAX_32;
}

export function localHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.name);
  const sizes = isLarge(entry) ? zip64Extra([0, 0]) : Buffer.alloc(0);
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(0x0403_4b50, 0);
  header.writeUInt16LE(isLarge(entry) ? VERSION_ZIP64 : VERSION_PLAIN, 4);
  header.writeUInt16LE(FLAGS, 6);
  writeTime(header, entry, 10);
  if (isLarge(entry)) header.fill(0xff, 18, 26);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(sizes.length + TIME_EXTRA_BYTES, 28);
  return Buffer.concat([header, name, sizes, timeExtra(entry)]);
}

export function dataDescriptor(entry: ZipEntry, crc32: number): Buffer {
  const descriptor = Buffer.alloc(isLarge(entry) ? 24 : 16);
  descriptor.writeUInt32LE(0x0807_4b50, 0);
  descriptor.writeUInt32LE(crc32, 4);
  if (isLarge(entry)) {
    descriptor.writeBigUInt64LE(BigInt(entry.sizeBytes), 8);
    descriptor.writeBigUInt64LE(BigInt(entry.sizeBytes), 16);
  } else {
    descriptor.writeUInt32LE(entry.sizeBytes, 8);
    descriptor.writeUInt32LE(entry.sizeBytes, 12);
  }
  return descriptor;
}

export function centralHeader({ entry, offset, crc32 }: WrittenEntry): Buffer {
  const name = Buffer.from(entry.name);
  const isFar = offset >= MAX_32;
  const large = [...(isLarge(entry) ? [entry.sizeBytes, entry.sizeBytes] : []), ...(isFar ? [offset] : [])];
  const extra = large.length === 0 ? Buffer.alloc(0) : zip64Extra(large);
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(0x0201_4b50, 0);
  header.writeUInt16LE(MADE_BY, 4);
  header.writeUInt16LE(large.length === 0 ? VERSION_PLAIN : VERSION_ZIP64, 6);
  header.writeUInt16LE(FLAGS, 8);
  writeTime(header, entry, 12);
  header.writeUInt32LE(crc32, 16);
  header.writeUInt32LE(Math.min(entry.sizeBytes, MAX_32), 20);
  header.writeUInt32LE(Math.min(entry.sizeBytes, MAX_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length + TIME_EXTRA_BYTES, 30);
  header.writeUInt32LE(entry.name.endsWith("/") ? FOLDER_MODE : FILE_MODE, 38);
  header.writeUInt32LE(Math.min(offset, MAX_32), 42);
  return Buffer.concat([header, name, extra, timeExtra(entry)]);
}

/** What stands at the end. */
export function endRecords(central: {
  readonly count: number;
  readonly offset: number;
  readonly bytes: number;
}): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(Math.min(central.count, MAX_16), 8);
  end.writeUInt16LE(Math.min(central.count, MAX_16), 10);
  end.writeUInt32LE(Math.min(central.bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(central.offset, MAX_32), 16);
  const fits = central.count < MAX_16 && central.bytes < MAX_32 && central.offset < MAX_32;
  return fits ? end : Buffer.concat([end64(central), locator(central.offset + central.bytes), end]);
}

function end64(central: { readonly count: number; readonly offset: number; readonly bytes: number }): Buffer {
  const end = Buffer.alloc(END64_BYTES);
  end.writeUInt32LE(0x0606_4b50, 0);
  // Without what stands before it.
  end.writeBigUInt64LE(BigInt(END64_BYTES - 12), 4);
  end.writeUInt16LE(MADE_BY, 12);
  end.writeUInt16LE(VERSION_ZIP64, 14);
  end.writeBigUInt64LE(BigInt(central.count), 24);
  end.writeBigUInt64LE(BigInt(central.count), 32);
  end.writeBigUInt64LE(BigInt(central.bytes), 40);
  end.writeBigUInt64LE(BigInt(central.offset), 48);
  return end;
}

function locator(end64Offset: number): Buffer {
  const bytes = Buffer.alloc(LOCATOR_BYTES);
  bytes.writeUInt32LE(0x0706_4b50, 0);
  bytes.writeBigUInt64LE(BigInt(end64Offset), 8);
  bytes.writeUInt32LE(1, 16);
  return bytes;
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(ZIP64_TAG, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

/** Info-ZIP's extended timestamp: seconds since 1970, which know no time zone. */
function timeExtra({ modifiedAtMs }: ZipEntry): Buffer {
  const extra = Buffer.alloc(TIME_EXTRA_BYTES);
  extra.writeUInt16LE(TIME_TAG, 0);
  extra.writeUInt16LE(TIME_EXTRA_BYTES - 4, 2);
  extra.writeUInt8(1, 4);
  extra.writeInt32LE(Math.max(0, Math.min(Math.floor(modifiedAtMs / 1000), 0x7fff_ffff)), 5);
  return extra;
}

/** Two seconds fine, from 1980 to 2107; as UTC. */
function writeTime(header: Buffer, { modifiedAtMs }: ZipEntry, at: number): void {
  const time = new Date(Math.min(Math.max(modifiedAtMs, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31)));
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  const day = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  header.writeUInt16LE(clock, at);
  header.writeUInt16LE(day, at + 2);
}
