import { crc32 } from "node:zlib";
import { AppError } from "@commonhold/core/app-error.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import {
  centralHeader,
  dataDescriptor,
  endRecords,
  localHeader,
  type WrittenEntry,
  type ZipEntry,
} from "./zip-format.ts";

/** Pieces of the end are joined up to about so much: each is a write. */
const CENTRAL_PIECE_BYTES = 64 * 1024;
/** After so many entries others have their turn: folders and empty files come, and often go out, without one. */
const ENTRIES_AT_A_TIME = 50;

/** How many bytes `zipStream` gives for these entries. */
export function zipSizeOf(entries: readonly ZipEntry[]): number {
  let offset = 0;
  let bytes = 0;
  for (const entry of entries) {
    bytes += centralHeader({ entry, offset, crc32: 0 }).length;
    offset += localHeader(entry).length + entry.sizeBytes + dataDescriptor(entry, 0).length;
  }
  return offset + bytes + endRecords({ count: entries.length, offset, bytes }).length;
}

/**
 * A zip file, piece by piece at the consumer's pace, who may release those that it has used; of each entry's content no
 * more is asked for than is taken.
 * @param contentOf an entry's bytes
 * @throws AppError CHUNK_CORRUPT where an entry's content is not as long as it says; what `contentOf` throws
 */
export async function* zipStream<Entry extends ZipEntry>(
  entries: readonly Entry[],
  contentOf: (entry: Entry) => AsyncIterable<BufferLease>,
): AsyncGenerator<BufferLease, void, void> {
  const written: WrittenEntry[] = [];
  let offset = 0;
  for (const entry of entries) {
    const begin = localHeader(entry);
    yield ownPiece(begin);
    let checksum = 0;
    let length = 0;
    for await (const piece of contentOf(entry)) {
      checksum = crc32(piece.bytes, checksum);
      length += piece.bytes.length;
      if (length > entry.sizeBytes) break;
      yield piece;
    }
    if (length !== entry.sizeBytes) {
      throw new AppError("CHUNK_CORRUPT", `"${entry.name}" is not as long as it was said to be`);
    }
    const end = dataDescriptor(entry, checksum);
    yield ownPiece(end);
    written.push({ entry, offset, crc32: checksum });
    offset += begin.length + length + end.length;
    if (written.length % ENTRIES_AT_A_TIME === 0) await new Promise(setImmediate);
  }
  yield* centralDirectory(written, offset);
}

function* centralDirectory(written: readonly WrittenEntry[], offset: number): Generator<BufferLease, void, void> {
  let pieces: Buffer[] = [];
  let waiting = 0;
  let bytes = 0;
  for (const entry of written) {
    const header = centralHeader(entry);
    pieces.push(header);
    waiting += header.length;
    bytes += header.length;
    if (waiting < CENTRAL_PIECE_BYTES) continue;
    yield ownPiece(Buffer.concat(pieces));
    pieces = [];
    waiting = 0;
  }
  yield ownPiece(Buffer.concat([...pieces, endRecords({ count: written.length, offset, bytes })]));
}

/** Of no pool. */
function ownPiece(bytes: Uint8Array): BufferLease {
  return { bytes, release: () => {} };
}
