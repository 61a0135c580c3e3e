import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { CHUNK_NAME_BYTES, SEALED_LENGTH_MAX } from "./protocols.ts";

/** The 32 bytes of a chunk's name as they travel. */
export function encodeChunkName(name: ChunkName): Uint8Array {
  return new Uint8Array(Buffer.from(name, "hex"));
}

/** @throws AppError PROTOCOL_ERROR unless there are 32 bytes */
export function decodeChunkName(bytes: Uint8Array): ChunkName {
  requireLength("chunk_name", bytes, CHUNK_NAME_BYTES);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex") as ChunkName;
}

/** The length of a sealed chunk. @throws AppError PROTOCOL_ERROR unless it is 1 … `SEALED_LENGTH_MAX` */
export function decodeSealedLength(field: string, length: bigint): number {
  return decodeWithin(field, length, { min: 1, max: SEALED_LENGTH_MAX });
}

/** @throws AppError PROTOCOL_ERROR unless `value` lies within the bounds, both included */
export function decodeWithin(field: string, value: bigint | number, bounds: { min: number; max: number }): number {
  const number = Number(value);
  if (number < bounds.min || number > bounds.max) {
    throw new AppError("PROTOCOL_ERROR", `${field} is ${value}, it must be ${bounds.min} to ${bounds.max}`);
  }
  return number;
}

/** @throws AppError PROTOCOL_ERROR unless there are exactly `length` bytes */
export function requireLength(field: string, bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return;
  throw new AppError("PROTOCOL_ERROR", `${field} has ${bytes.length} bytes, it must have ${length}`);
}
