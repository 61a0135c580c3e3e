import { AppError } from "@commonhold/core/app-error.ts";
import {
  decodeHeader,
  HEADER_BYTES,
  plainSizeOf,
  SEALED_SEGMENT_BYTES,
  SEGMENT_BYTES,
  segmentCountOf,
  segmentStart,
} from "./sealed-format.ts";
import { decodeHead } from "./sealed-head.ts";
import { createSegmentCipher, type SegmentCipher } from "./segment-cipher.ts";

/** Sealed bytes that are read from where they lie. */
export interface SealedBytes {
  readonly sizeBytes: number;
  /** The bytes from `start` up to `end`, in pieces of any length. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface SealedContent {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /**
   * The content from `start` up to `end`, in order; each piece is genuine when it comes.
   * @throws AppError SEAL_BROKEN where something was changed, moved or left out
   */
  read(start?: number, end?: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;
}

/**
 * Opens a sealed file. The first and the last segment are read at once, so name, type and length are genuine before a byte
 * of the content is asked for, and a range of it may be read alone.
 * @param key 32 secret bytes
 * @throws AppError SEAL_BROKEN for another key, and for what is no sealed file or not all of one
 */
export async function openSealed(bytes: SealedBytes, key: Uint8Array): Promise<SealedContent> {
  const plainBytes = plainSizeOf(bytes.sizeBytes);
  const last = segmentCountOf(plainBytes) - 1;
  const start = await gather(bytes, 0, Math.min(bytes.sizeBytes, segmentStart(1)));
  const cipher = await createSegmentCipher(key, decodeHeader(start));
  const { head, length } = decodeHead(await cipher.open(0, last === 0, start.slice(HEADER_BYTES)));
  if (last > 0) await cipher.open(last, true, await gather(bytes, segmentStart(last), bytes.sizeBytes));
  const sizeBytes = plainBytes - length;
  return {
    name: head.name,
    mediaType: head.media_type,
    sizeBytes,
    read: (from = 0, to = sizeBytes) =>
      readPlain({ bytes, cipher, last }, length + Math.max(0, from), length + Math.min(to, sizeBytes)),
  };
}

interface OpenFile {
  readonly bytes: SealedBytes;
  readonly cipher: SegmentCipher;
  /** Number of the last segment. */
  readonly last: number;
}

async function* readPlain(
  { bytes, cipher, last }: OpenFile,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  if (end <= start) return;
  const first = Math.floor(start / SEGMENT_BYTES);
  const final = Math.floor((end - 1) / SEGMENT_BYTES);
  const sealedEnd = Math.min(segmentStart(final + 1), bytes.sizeBytes);
  let number = first;
  for await (const sealed of segmentsOf(bytes.read(segmentStart(first), sealedEnd))) {
    if (number > final) throw cutOff();
    const plain = await cipher.open(number, number === last, sealed);
    const at = number * SEGMENT_BYTES;
    yield plain.subarray(Math.max(0, start - at), Math.min(plain.length, end - at));
    number += 1;
  }
  if (number <= final) throw cutOff();
}

/** Pieces of any length as segments; the last may be shorter. */
async function* segmentsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let segment = new Uint8Array(SEALED_SEGMENT_BYTES);
  let length = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + SEALED_SEGMENT_BYTES - length);
      segment.set(part, length);
      length += part.length;
      at += part.length;
      if (length < SEALED_SEGMENT_BYTES) continue;
      yield segment;
      segment = new Uint8Array(SEALED_SEGMENT_BYTES);
      length = 0;
    }
  }
  if (length > 0) yield segment.subarray(0, length);
}

async function gather(bytes: SealedBytes, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const gathered = new Uint8Array(end - start);
  let length = 0;
  for await (const piece of bytes.read(start, end)) {
    if (length + piece.length > gathered.length) throw cutOff();
    gathered.set(piece, length);
    length += piece.length;
  }
  if (length !== gathered.length) throw cutOff();
  return gathered;
}

function cutOff(): AppError {
  return new AppError("SEAL_BROKEN", "the sealed file was cut off, or is not as long as it was said to be");
}
