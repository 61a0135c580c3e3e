import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { writeBody } from "../body.ts";
import { type ResponseKind, readResponse } from "../response.ts";

/**
 * Sends the bytes that a request announced, then our end, and reads the response. A refusal that comes while bytes are
 * still being sent ends the sending.
 * @throws AppError of the peer's refusal, or of the stream
 */
export async function sendForResponse<S extends DescMessage>(
  stream: ByteStream,
  kind: ResponseKind<S>,
  bytes: Uint8Array,
): Promise<MessageShape<S>> {
  let refused = false;
  const answer = readResponse(stream, kind).catch((error: unknown) => {
    refused = true;
    throw error;
  });
  // The end goes with the last bytes, which spares both sides a packet of its own.
  const sent = writeBody(stream, bytes, { length: bytes.length, stop: () => refused }).then(() => stream.closeWrite());
  // The first to fail tells why; the other fails because of it and has nothing to add.
  answer.catch(() => {});
  sent.catch(() => {});
  const response = await Promise.race([answer, sent.then(() => answer)]);
  // Acknowledged before it was sent: the caller must not get its memory back while the stream still refers to it.
  await sent;
  return response;
}
