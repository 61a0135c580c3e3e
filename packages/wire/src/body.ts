import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";

/** A body is written in slices of this many bytes, so that streams of one connection take turns. */
export const BODY_SLICE_BYTES = 256 * 1024;

/** The bytes of a body: whole, or as they come. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes `body` as it is, slice by slice, waiting for the stream each time; nothing is copied.
 * @param options.length bytes that were announced; a body of another length fails with INTERNAL
 * @param options.stop asked before each slice: whether the rest is not wanted any more
 */
export async function writeBody(
  stream: ByteStream,
  body: Body,
  options: { readonly length: number; readonly stop?: () => boolean },
): Promise<void> {
  let left = options.length;
  for await (const piece of body instanceof Uint8Array ? [body] : body) {
    if (piece.length > left) throw wrongLength(options.length, "more");
    for (let offset = 0; offset < piece.length; offset += BODY_SLICE_BYTES) {
      if (options.stop?.() === true) return;
      await stream.write(piece.subarray(offset, offset + BODY_SLICE_BYTES));
    }
    left -= piece.length;
  }
  if (left > 0) throw wrongLength(options.length, "less");
}

function wrongLength(announced: number, direction: "more" | "less"): AppError {
  return new AppError("INTERNAL", `a body of ${announced} bytes was announced, but there is ${direction}`);
}
