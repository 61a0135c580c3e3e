import { AppError } from "@commonhold/core/app-error.ts";

/**
 * A sealed file: header ‖ segment 0 ‖ segment 1 ‖ … ‖ the last segment.
 *
 * The header is magic "CHSEALED" (8) ‖ version 0x01 ‖ salt (16) ‖ nonce prefix (7). Each segment is AES-256-GCM of 64 KiB
 * of plaintext (the last: 1 to 64 KiB) and its tag (16), in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár:
 * Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015): the nonce is prefix ‖ number of the
 * segment (4, big-endian) ‖ 0x01 for the last, 0x00 for every other. So none can be changed, moved, left out or put at the
 * end. The plaintext is the length of the head (4, big-endian) ‖ head (JSON in UTF-8) ‖ content.
 */
export const HEADER_BYTES = 32;
export const SEGMENT_BYTES = 65_536;
export const TAG_BYTES = 16;
export const SEALED_SEGMENT_BYTES = SEGMENT_BYTES + TAG_BYTES;
export const SALT_BYTES = 16;
export const PREFIX_BYTES = 7;

const MAGIC = new TextEncoder().encode("CHSEALED");
const VERSION = 1;
const SALT_START = MAGIC.length + 1;
const PREFIX_START = SALT_START + SALT_BYTES;
const SEGMENTS_MAX = 2 ** 32;

export interface SealedHeader {
  readonly salt: Uint8Array;
  readonly prefix: Uint8Array;
}

export function encodeHeader({ salt, prefix }: SealedHeader): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  header[MAGIC.length] = VERSION;
  header.set(salt, SALT_START);
  header.set(prefix, PREFIX_START);
  return header;
}

/** @throws AppError SEAL_BROKEN for what is no sealed file, or one of a newer kind */
export function decodeHeader(header: Uint8Array): SealedHeader {
  if (header.length < HEADER_BYTES || MAGIC.some((byte, index) => header[index] !== byte)) {
    throw new AppError("SEAL_BROKEN", "this is no sealed file");
  }
  const version = header[MAGIC.length];
  if (version !== VERSION) {
    throw new AppError(
      "SEAL_BROKEN",
      `the file is sealed in version ${version}, and this program knows ${VERSION} only`,
    );
  }
  return { salt: header.slice(SALT_START, PREFIX_START), prefix: header.slice(PREFIX_START, HEADER_BYTES) };
}

export function nonceOf(header: SealedHeader, segment: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(PREFIX_BYTES + 5);
  nonce.set(header.prefix);
  new DataView(nonce.buffer).setUint32(PREFIX_BYTES, segment);
  nonce[PREFIX_BYTES + 4] = isLast ? 1 : 0;
  return nonce;
}

/** How many segments so much plaintext makes. @throws AppError INVALID_REQUEST for more than the nonce can count */
export function segmentCountOf(plainBytes: number): number {
  const count = Math.max(1, Math.ceil(plainBytes / SEGMENT_BYTES));
  if (count > SEGMENTS_MAX) {
    throw new AppError("INVALID_REQUEST", `a file of ${plainBytes} bytes is too long to be sealed: split it`);
  }
  return count;
}

export function sealedSizeOf(plainBytes: number): number {
  return HEADER_BYTES + plainBytes + segmentCountOf(plainBytes) * TAG_BYTES;
}

/** The inverse of `sealedSizeOf`. @throws AppError SEAL_BROKEN for a size that no sealed file has */
export function plainSizeOf(sealedBytes: number): number {
  const body = sealedBytes - HEADER_BYTES;
  const plain = body - Math.ceil(body / SEALED_SEGMENT_BYTES) * TAG_BYTES;
  if (!(plain > 0) || plain > SEGMENTS_MAX * SEGMENT_BYTES || sealedSizeOf(plain) !== sealedBytes) {
    throw new AppError("SEAL_BROKEN", `no sealed file has ${sealedBytes} bytes: it was cut off, or is none`);
  }
  return plain;
}

/** Where a segment lies in the sealed file. */
export function segmentStart(segment: number): number {
  return HEADER_BYTES + segment * SEALED_SEGMENT_BYTES;
}
