import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, encodeChunkName } from "../fields.ts";
import { DeleteChunkRequestSchema, DeleteChunkResponseSchema, type SignedGrant } from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

export interface DeleteChunkClaim {
  readonly grant: SignedGrant | undefined;
  readonly chunkName: ChunkName;
}

export interface DeletedChunk {
  readonly wasHeld: boolean;
  /** It stays: it was stored under the epoch of the grant or a later one. */
  readonly storedAnew: boolean;
}

export interface DeleteChunkHandler {
  readonly authorise: (claim: DeleteChunkClaim) => void | Promise<void>;
  /** Removes the chunk, durably; one that is not held is no error, nor is one that stays. */
  readonly delete: (chunkName: ChunkName) => Promise<DeletedChunk>;
}

const RESPONSE: ResponseKind<typeof DeleteChunkResponseSchema> = {
  schema: DeleteChunkResponseSchema,
  maxBytes: FRAME_BYTES_MAX.response,
  withStatus: (status) => ({ status }),
};

/** Has a node delete a chunk. @throws AppError of the node's refusal, or of the stream */
export async function requestDeleteChunk(
  stream: ByteStream,
  request: { readonly grant: SignedGrant; readonly chunkName: ChunkName },
): Promise<DeletedChunk> {
  await writeMessage(stream, DeleteChunkRequestSchema, {
    init: { grant: request.grant, chunkName: encodeChunkName(request.chunkName) },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  const { wasHeld, storedAnew } = await readResponse(stream, RESPONSE);
  return { wasHeld, storedAnew };
}

/** Answers one `requestDeleteChunk`. */
export async function serveDeleteChunk(stream: ByteStream, handler: DeleteChunkHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, DeleteChunkRequestSchema, FRAME_BYTES_MAX.request);
    const chunkName = decodeChunkName(request.chunkName);
    await handler.authorise({ grant: request.grant, chunkName });
    const { wasHeld, storedAnew } = await handler.delete(chunkName);
    return { wasHeld, storedAnew };
  });
}
