import { AppError } from "@commonhold/core/app-error.ts";
import type { BufferLease, BufferPool } from "@commonhold/runtime/buffer-pool.ts";

/**
 * Cuts a stream into chunks of `chunkSizeBytes` (the last may be shorter). Holds one chunk; the source waits while
 * the consumer is busy. The consumer releases each.
 */
export async function* cutIntoChunks(
  source: AsyncIterable<Uint8Array>,
  chunkSizeBytes: number,
  buffers: BufferPool,
): AsyncGenerator<BufferLease, void, void> {
  let chunk = buffers.lease(chunkSizeBytes);
  let filled = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.byteLength; ) {
      const length = Math.min(piece.byteLength - at, chunkSizeBytes - filled);
      chunk.bytes.set(piece.subarray(at, at + length), filled);
      at += length;
      filled += length;
      if (filled === chunkSizeBytes) {
        yield chunk;
        chunk = buffers.lease(chunkSizeBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield { bytes: chunk.bytes.subarray(0, filled), release: chunk.release };
  else chunk.release();
}

/**
 * Reads a body that must have exactly `length` bytes. The caller releases them.
 * @throws AppError WRONG_CHUNK_LENGTH when it is shorter or longer
 */
export async function readExactly(
  source: AsyncIterable<Uint8Array>,
  length: number,
  buffers: BufferPool,
): Promise<BufferLease> {
  const chunk = buffers.lease(length);
  let filled = 0;
  for await (const piece of source) {
    if (filled + piece.byteLength > length) throw wrongLength(`more than ${length}`, length);
    chunk.bytes.set(piece, filled);
    filled += piece.byteLength;
  }
  if (filled !== length) throw wrongLength(String(filled), length);
  return chunk;
}

export function wrongLength(got: string, expected: number): AppError {
  return new AppError("WRONG_CHUNK_LENGTH", `the chunk has ${got} bytes where ${expected} are expected`, {
    details: { expected },
  });
}
