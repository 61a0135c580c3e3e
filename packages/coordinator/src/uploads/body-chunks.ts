import { AppError } from "@commonhold/core/app-error.ts";

/**
 * Cuts a stream into chunks of `chunkSizeBytes` (the last may be shorter). Holds one chunk; the source waits while
 * the consumer is busy. Every chunk is a buffer of its own.
 */
export async function* cutIntoChunks(
  source: AsyncIterable<Uint8Array>,
  chunkSizeBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let chunk = Buffer.allocUnsafeSlow(chunkSizeBytes);
  let filled = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.byteLength; ) {
      const length = Math.min(piece.byteLength - at, chunkSizeBytes - filled);
      chunk.set(piece.subarray(at, at + length), filled);
      at += length;
      filled += length;
      if (filled === chunkSizeBytes) {
        yield chunk;
        chunk = Buffer.allocUnsafeSlow(chunkSizeBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/**
 * Reads a body that must have exactly `length` bytes.
 * @throws AppError WRONG_CHUNK_LENGTH when it is shorter or longer
 */
export async function readExactly(source: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const piece of source) {
    if (filled + piece.byteLength > length) throw wrongLength(`more than ${length}`, length);
    bytes.set(piece, filled);
    filled += piece.byteLength;
  }
  if (filled !== length) throw wrongLength(String(filled), length);
  return bytes;
}

export function wrongLength(got: string, expected: number): AppError {
  return new AppError("WRONG_CHUNK_LENGTH", `the chunk has ${got} bytes where ${expected} are expected`, {
    details: { expected },
  });
}
