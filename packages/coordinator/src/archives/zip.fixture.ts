/** For tests: a reader of zip files that trusts nothing but the end, as programs that unpack do. */
export interface ReadEntry {
  readonly name: string;
  readonly content: Buffer;
  readonly crc32: number;
  readonly isUtf8: boolean;
}

export function readZip(bytes: Buffer): readonly ReadEntry[] {
  const end = bytes.length - 22;
  if (bytes.readUInt32LE(end) !== 0x0605_4b50) throw new Error("the end of the zip is not there");
  let count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff) {
    const end64 = Number(bytes.readBigUInt64LE(end - 20 + 8));
    if (bytes.readUInt32LE(end64) !== 0x0606_4b50) throw new Error("the ZIP64 end is not where it should be");
    count = Number(bytes.readBigUInt64LE(end64 + 32));
    at = Number(bytes.readBigUInt64LE(end64 + 48));
  }
  const entries: ReadEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== 0x0201_4b50) throw new Error(`entry ${index} is not where it should be`);
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push(entryAt(bytes, at, nameLength));
    at += 46 + nameLength + bytes.readUInt16LE(at + 30);
  }
  return entries;
}

function entryAt(bytes: Buffer, at: number, nameLength: number): ReadEntry {
  const local = bytes.readUInt32LE(at + 42);
  const size = bytes.readUInt32LE(at + 24);
  if (bytes.readUInt32LE(local) !== 0x0403_4b50) throw new Error("a local header is not where it should be");
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const descriptor = [0, 4, 8, 12].map((offset) => bytes.readUInt32LE(start + size + offset));
  const crc32 = bytes.readUInt32LE(at + 16);
  if (descriptor.join() !== [0x0807_4b50, crc32, size, size].join()) throw new Error("a data descriptor is wrong");
  return {
    name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
    content: bytes.subarray(start, start + size),
    crc32,
    isUtf8: (bytes.readUInt16LE(at + 8) & 0x0800) !== 0,
  };
}
