import { AppError } from "../app-error.ts";
import { type ChunkName, isChunkName } from "../ids.ts";
import { u64be } from "./big-endian.ts";
import type { Sha256 } from "./hash-functions.ts";

const NAME_PREFIX = Uint8Array.of(0x02);
const NAME_LENGTH = 32;
const CODE_OF_0 = 48;
const CODE_OF_A = 97;
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * SHA-256(0x02 ‖ sealed length as u64, big-endian ‖ Merkle root). The prefix keeps names apart from the tree's
 * leaves (0x00) and nodes (0x01); the length stops truncation and extension.
 */
export function chunkNameFor(root: Uint8Array, sealedLength: number, sha256: Sha256): ChunkName {
  return chunkNameFromBytes(chunkNameBytesFor(root, sealedLength, sha256));
}

/** The 32 bytes of the same. */
export function chunkNameBytesFor(root: Uint8Array, sealedLength: number, sha256: Sha256): Uint8Array {
  return sha256(NAME_PREFIX, u64be(sealedLength), root);
}

/** The 32 bytes that the wire carries. */
export function chunkNameToBytes(name: ChunkName): Uint8Array {
  const bytes = new Uint8Array(NAME_LENGTH);
  for (let i = 0; i < NAME_LENGTH; i++) {
    bytes[i] = 16 * digitValue(name.charCodeAt(2 * i)) + digitValue(name.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** Of the code of a lower-case hex digit. */
function digitValue(code: number): number {
  return code < CODE_OF_A ? code - CODE_OF_0 : code - CODE_OF_A + 10;
}

/** @throws AppError PROTOCOL_ERROR unless there are 32 bytes */
export function chunkNameFromBytes(bytes: Uint8Array): ChunkName {
  let text = "";
  for (const byte of bytes.subarray(0, NAME_LENGTH)) text += HEX_OF_BYTE[byte];
  if (bytes.length !== NAME_LENGTH || !isChunkName(text)) {
    throw new AppError("PROTOCOL_ERROR", `a chunk name has ${NAME_LENGTH} bytes, not ${bytes.length}`);
  }
  return text;
}
