import { AppError } from "@commonhold/core/app-error.ts";
import type { BufferLease, BufferSource } from "@commonhold/runtime/buffer-pool.ts";

/**
 * Cuts a stream into chunks of `chunkSizeBytes` (the last may be shorter). Holds one chunk; the source waits while
 * the consumer is busy. The consumer releases each.
 * @param size.sizeBytes what the stream is said to have, if anything; memory is taken for no more, until more comes
 */
export async function* cutIntoChunks(
  source: AsyncIterable<Uint8Array>,
  size: { readonly chunkSizeBytes: number; readonly sizeBytes?: number | undefined },
  buffers: BufferSource,
): AsyncGenerator<BufferLease, void, void> {
  const { chunkSizeBytes, sizeBytes = Number.POSITIVE_INFINITY } = size;
  let cut = 0;
  const next = (): BufferLease => {
    const left = sizeBytes - cut;
    return buffers.lease(left > 0 ? Math.min(chunkSizeBytes, left) : chunkSizeBytes);
  };
  let chunk = next();
  let filled = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.byteLength; ) {
      const length = Math.min(piece.byteLength - at, chunk.bytes.length - filled);
      chunk.bytes.set(piece.subarray(at, at + length), filled);
      at += length;
      filled += length;
      if (filled === chunk.bytes.length) {
        cut += filled;
        yield chunk;
        chunk = next();
        filled = 0;
      }
    }
  }
  if (filled > 0) yield { bytes: chunk.bytes.subarray(0, filled), release: chunk.release };
  else chunk.release();
}

/**
 * Reads a body that must have exactly `length` bytes. The caller releases them.
 * @param expected.refusal makes the error for another length
 * @throws AppError WRONG_CHUNK_LENGTH when it is shorter or longer
 */
export async function readExactly(
  source: AsyncIterable<Uint8Array>,
  expected: { readonly length: number; readonly refusal: (got: string, expected: number) => AppError },
  buffers: BufferSource,
): Promise<BufferLease> {
  const { length, refusal } = expected;
  const chunk = buffers.lease(length);
  let filled = 0;
  for await (const piece of source) {
    if (filled + piece.byteLength > length) throw refusal(`more than ${length}`, length);
    chunk.bytes.set(piece, filled);
    filled += piece.byteLength;
  }
  if (filled !== length) throw refusal(String(filled), length);
  return chunk;
}

/** For a body that is a whole file. */
export function wrongBodyLength(got: string, expected: number): AppError {
  return new AppError(
    "WRONG_CHUNK_LENGTH",
    `the body has ${got} bytes where ${expected} were announced: send it again`,
  );
}

/** For a body that is a chunk. */
export function wrongChunkLength(got: string, expected: number): AppError {
  return new AppError("WRONG_CHUNK_LENGTH", `the chunk has ${got} bytes where ${expected} are expected`, {
    details: { expected },
  });
}
