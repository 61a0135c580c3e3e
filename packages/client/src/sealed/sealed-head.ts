import { AppError } from "@commonhold/core/app-error.ts";
import { object, type Read, text } from "../answer.ts";

const LENGTH_BYTES = 4;
const HEAD_BYTES_MAX = 16_384;

const sealedHead = object({ name: text, media_type: text });

/** What is sealed before the content: what it is called, and its media type. */
export type SealedHead = Read<typeof sealedHead>;

/** The head with its length before it. @throws AppError INVALID_REQUEST for a name that is too long */
export function encodeHead({ name, media_type }: SealedHead): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify({ name, media_type }));
  if (json.length > HEAD_BYTES_MAX) {
    throw new AppError("INVALID_REQUEST", `the name of ${json.length} bytes is too long to be sealed`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/**
 * @param plain the first segment, opened
 * @returns the head, and how many bytes of the plaintext it takes
 * @throws AppError SEAL_BROKEN for what no sealer writes
 */
export function decodeHead(plain: Uint8Array): { readonly head: SealedHead; readonly length: number } {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const jsonLength = plain.length < LENGTH_BYTES ? -1 : view.getUint32(0);
  const length = LENGTH_BYTES + jsonLength;
  if (jsonLength < 0 || jsonLength > HEAD_BYTES_MAX || length > plain.length) {
    throw new AppError("SEAL_BROKEN", "the sealed file does not say what it is called");
  }
  try {
    const json = new TextDecoder("utf-8", { fatal: true }).decode(plain.subarray(LENGTH_BYTES, length));
    return { head: sealedHead(JSON.parse(json), "head"), length };
  } catch (cause) {
    throw new AppError("SEAL_BROKEN", "what the sealed file says of itself is not understood", { cause });
  }
}
