import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { readFrame, writeFrame } from "./frame.ts";

/**
 * The next frame as a message of `schema`; fields of newer versions are ignored.
 * @throws AppError PROTOCOL_ERROR
 */
export async function readMessage<S extends DescMessage>(
  stream: ByteStream,
  schema: S,
  maxBytes: number,
): Promise<MessageShape<S>> {
  return decodeMessage(schema, await readFrame(stream, maxBytes));
}

/** Writes one message as a frame. @throws AppError INTERNAL when it is larger than the other side takes */
export async function writeMessage<S extends DescMessage>(
  stream: ByteStream,
  schema: S,
  message: { readonly init: MessageInitShape<S>; readonly maxBytes: number },
): Promise<void> {
  const bytes = toBinary(schema, create(schema, message.init));
  if (bytes.length > message.maxBytes) {
    throw new AppError("INTERNAL", `a ${schema.name} of ${bytes.length} bytes exceeds its ${message.maxBytes} bytes`);
  }
  await writeFrame(stream, bytes);
}

/** @throws AppError PROTOCOL_ERROR when `bytes` are no message of `schema` */
export function decodeMessage<S extends DescMessage>(schema: S, bytes: Uint8Array): MessageShape<S> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new AppError("PROTOCOL_ERROR", `${bytes.length} bytes were received that are no ${schema.name}`, {
      cause: error,
    });
  }
}
