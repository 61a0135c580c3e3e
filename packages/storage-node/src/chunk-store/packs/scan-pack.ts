import type { ChunkName } from "@commonhold/core/ids.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { ReadableFile } from "../chunk-files.ts";
import { MEDIUM_ERRNOS } from "../storage-error.ts";
import {
  decodeRecordHeader,
  PACK_HEADER_BYTES,
  type PackRecord,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "./pack-format.ts";

/** Several of the longest records. */
const WINDOW_BYTES = 1024 * 1024;
/** What a disk refuses to read is left out in pieces of this. */
const SALVAGE_BYTES = 4096;

export interface FoundRecord {
  readonly record: PackRecord;
  readonly offset: number;
}

export interface ScanOptions {
  readonly pack: number;
  /** Where a record begins. */
  readonly from: number;
  /** Of the file. */
  readonly sizeBytes: number;
  /** Whether the bytes of every chunk are compared with its name, and left out where they are wrong. */
  readonly verifies: boolean;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
}

/**
 * Reads the records of a pack, those of one window at a time. What is behind a damaged header is found again, and its
 * bytes are compared with its name then: within a damaged record may lie anything.
 */
export async function* scanPack(file: ReadableFile, options: ScanOptions): AsyncGenerator<readonly FoundRecord[]> {
  const memory = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, options.sizeBytes));
  let isLost = false;
  for (let at = Math.max(options.from, PACK_HEADER_BYTES); at < options.sizeBytes; ) {
    const length = Math.min(memory.length, options.sizeBytes - at);
    const window = await readSalvaging(file, at, memory.subarray(0, length));
    const read = scanWindow(window, { ...options, at, isLost });
    yield read.found;
    if (read.length === 0) return;
    at += read.length;
    isLost = read.isLost;
  }
}

interface WindowRead {
  readonly found: readonly FoundRecord[];
  /** How far the window was read; the next one begins there. */
  readonly length: number;
  /** Whether the bytes before that are no record. */
  readonly isLost: boolean;
}

function scanWindow(
  window: Buffer,
  { pack, sizeBytes, verifies, nameOf, at, ...before }: ScanOptions & { readonly at: number; readonly isLost: boolean },
): WindowRead {
  const found: FoundRecord[] = [];
  let { isLost } = before;
  let position = 0;
  while (position + RECORD_HEADER_BYTES <= window.length) {
    const offset = at + position;
    const record = decodeRecordHeader(window, position, { pack, offset });
    const end = position + recordBytes(record?.length ?? 0);
    if (record === undefined || at + end > sizeBytes) {
      isLost = true;
      position += RECORD_ALIGNMENT;
      continue;
    }
    // The next window begins with this record.
    if (end > window.length) return { found, length: position, isLost };
    const sealed = window.subarray(position + RECORD_HEADER_BYTES, position + RECORD_HEADER_BYTES + record.length);
    const isChecked = (verifies || isLost) && record.kind === "chunk";
    if (!isChecked || nameOf(sealed) === record.name) found.push({ record, offset });
    isLost = false;
    position = end;
  }
  return { found, length: position, isLost };
}

/** Fills `target` from the file; where the disk refuses to read, with zeros. */
async function readSalvaging(file: ReadableFile, offset: number, target: Buffer): Promise<Buffer> {
  try {
    return target.subarray(0, await file.read(offset, target));
  } catch (error) {
    if (!MEDIUM_ERRNOS.has(errnoOf(error))) throw error;
  }
  for (let at = 0; at < target.length; at += SALVAGE_BYTES) {
    const piece = target.subarray(at, at + SALVAGE_BYTES);
    try {
      await file.read(offset + at, piece);
    } catch (error) {
      if (!MEDIUM_ERRNOS.has(errnoOf(error))) throw error;
      piece.fill(0);
    }
  }
  return target;
}
