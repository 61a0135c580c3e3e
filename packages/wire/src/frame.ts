import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";

const LENGTH_BYTES_MAX = 5;
/** Up to here prefix and payload leave in one write, at the price of a copy. */
const JOINED_BYTES_MAX = 64 * 1024;

/**
 * The payload of the next frame: an unsigned LEB128 length of at most 5 bytes in its shortest form, then the bytes.
 * The length is checked before any memory is taken.
 * @throws AppError PROTOCOL_ERROR for a longer frame, an ill-formed length or an early end
 */
export async function readFrame(stream: ByteStream, maxBytes: number): Promise<Uint8Array> {
  let length = 0;
  for (let index = 0; ; index++) {
    if (index === LENGTH_BYTES_MAX) {
      throw new AppError("PROTOCOL_ERROR", `the length of a frame takes more than ${LENGTH_BYTES_MAX} bytes`);
    }
    const byte = (await stream.read(1))[0]!;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (byte === 0 && index > 0) throw new AppError("PROTOCOL_ERROR", "the length of a frame has needless zeros");
    break;
  }
  if (length > maxBytes) {
    throw new AppError(
      "PROTOCOL_ERROR",
      `a frame of ${length} bytes was announced, at most ${maxBytes} are taken here`,
    );
  }
  return stream.read(length);
}

/** Writes `payload` as one frame. */
export async function writeFrame(stream: ByteStream, payload: Uint8Array): Promise<void> {
  const prefix = encodeLength(payload.length);
  if (payload.length > JOINED_BYTES_MAX) {
    await stream.write(prefix);
    await stream.write(payload);
    return;
  }
  const frame = new Uint8Array(prefix.length + payload.length);
  frame.set(prefix);
  frame.set(payload, prefix.length);
  await stream.write(frame);
}

function encodeLength(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
