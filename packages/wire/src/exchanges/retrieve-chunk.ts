import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type Body, writeBody } from "../body.ts";
import { decodeChunkName, decodeSealedLength, encodeChunkName } from "../fields.ts";
import { RetrieveChunkRequestSchema, RetrieveChunkResponseSchema, type SignedGrant } from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

export interface RetrieveChunkClaim {
  readonly grant: SignedGrant | undefined;
  readonly chunkName: ChunkName;
}

export interface RetrieveChunkHandler {
  readonly authorise: (claim: RetrieveChunkClaim) => void | Promise<void>;
  /** The sealed bytes; `bytes` must yield exactly `length` of them. */
  readonly retrieve: (chunkName: ChunkName) => Promise<{ readonly length: number; readonly bytes: Body }>;
}

const RESPONSE: ResponseKind<typeof RetrieveChunkResponseSchema> = {
  schema: RetrieveChunkResponseSchema,
  maxBytes: FRAME_BYTES_MAX.response,
  withStatus: (status) => ({ status }),
};

/**
 * The sealed bytes of a chunk, not yet checked against its name.
 * @param request.lengthMax more is refused before memory is taken
 * @param request.target memory for `lengthMax` bytes, to be used instead of new memory
 * @throws AppError CHUNK_CORRUPT where what is announced cannot be the chunk; of the node's refusal, or of the stream
 */
export async function requestRetrieveChunk(
  stream: ByteStream,
  request: {
    readonly grant: SignedGrant;
    readonly chunkName: ChunkName;
    readonly lengthMax: number;
    readonly target?: Uint8Array;
  },
): Promise<Uint8Array> {
  await writeMessage(stream, RetrieveChunkRequestSchema, {
    init: { grant: request.grant, chunkName: encodeChunkName(request.chunkName) },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  // The end goes with the request, which spares both sides a packet of its own.
  await stream.closeWrite();
  const response = await readResponse(stream, RESPONSE);
  if (response.length < 1n || response.length > request.lengthMax) {
    throw new AppError(
      "CHUNK_CORRUPT",
      `${response.length} bytes are answered for chunk ${request.chunkName}, which has 1 to ${request.lengthMax}`,
    );
  }
  const length = decodeSealedLength("length", response.length);
  return stream.read(length, request.target?.subarray(0, length));
}

/** Answers one `requestRetrieveChunk`. An error after the response has begun is thrown: the stream must be aborted. */
export async function serveRetrieveChunk(stream: ByteStream, handler: RetrieveChunkHandler): Promise<void> {
  let body: Body | undefined;
  const response = await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, RetrieveChunkRequestSchema, FRAME_BYTES_MAX.request);
    const chunkName = decodeChunkName(request.chunkName);
    await handler.authorise({ grant: request.grant, chunkName });
    const { length, bytes } = await handler.retrieve(chunkName);
    body = bytes;
    return { length: BigInt(length) };
  });
  if (response === undefined || body === undefined) return;
  await writeBody(stream, body, { length: Number(response.length) });
}
