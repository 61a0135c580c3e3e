import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A record as it lies on the disk. */
export interface RecordOnDisk {
  readonly file: string;
  readonly offset: number;
  readonly kind: number;
  readonly name: string;
  readonly sequence: number;
  readonly epoch: number | undefined;
  readonly sealed: Uint8Array;
}

/** The packs of a data folder, ascending. */
export function packFiles(folder: string): readonly string[] {
  const packs = join(folder, "packs");
  return existsSync(packs) ? readdirSync(packs).sort() : [];
}

/** Reads packs by what docs/chunk-store.md says, without the code that writes them; what is torn ends a pack. */
export function recordsOnDisk(folder: string): readonly RecordOnDisk[] {
  return packFiles(folder).flatMap((file) => {
    const bytes = readFileSync(join(folder, "packs", file));
    const records: RecordOnDisk[] = [];
    for (let offset = 24; offset + 72 <= bytes.length && bytes.readUInt32BE(offset) === 0x43485201; ) {
      const length = bytes.readUInt32BE(offset + 64);
      if (offset + 72 + length > bytes.length) break;
      records.push({
        file,
        offset,
        kind: bytes[offset + 4]!,
        name: bytes.toString("hex", offset + 32, offset + 64),
        sequence: Number(bytes.readBigUInt64BE(offset + 8)),
        epoch: (bytes[offset + 5]! & 1) === 0 ? undefined : Number(bytes.readBigUInt64BE(offset + 16)),
        sealed: bytes.subarray(offset + 72, offset + 72 + length),
      });
      offset += Math.ceil((72 + length) / 8) * 8;
    }
    return records;
  });
}

/** The names of the chunks in packs: of the records of a name the latest counts. Ascending. */
export function packedNames(folder: string): readonly string[] {
  const latest = new Map<string, RecordOnDisk>();
  for (const record of recordsOnDisk(folder)) {
    if ((latest.get(record.name)?.sequence ?? -1) < record.sequence) latest.set(record.name, record);
  }
  return [...latest.values()]
    .filter(({ kind }) => kind === 1)
    .map(({ name }) => name)
    .sort();
}
