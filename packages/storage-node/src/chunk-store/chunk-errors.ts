import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";

export function notHeld(name: ChunkName): AppError {
  return new AppError("CHUNK_NOT_FOUND", `This node does not hold chunk ${name}`);
}

export function wrongLength(name: ChunkName, length: number): AppError {
  return new AppError(
    "WRONG_CHUNK_LENGTH",
    `Chunk ${name} came with ${length} bytes; a sealed chunk has 1 to ${SEALED_LENGTH_MAX}`,
  );
}

export function wrongBytes(name: ChunkName, actual: ChunkName, length: number): AppError {
  return new AppError("CHUNK_CORRUPT", `The ${length} bytes hash to ${actual}, not to ${name}; send them again`);
}

export function damaged(name: ChunkName, how: string): AppError {
  return new AppError("CHUNK_CORRUPT", `Chunk ${name} ${how}; fetch another replica`);
}
