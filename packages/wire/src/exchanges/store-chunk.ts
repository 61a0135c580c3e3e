import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, decodeSealedLength, encodeChunkName } from "../fields.ts";
import { type SignedGrant, StoreChunkRequestSchema, StoreChunkResponseSchema } from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX } from "../protocols.ts";
import { type ResponseKind, respond } from "../response.ts";
import { sendForResponse } from "./send-for-response.ts";

/** What a peer asks to store, before any of its bytes are read. */
export interface StoreChunkClaim {
  readonly grant: SignedGrant | undefined;
  readonly chunkName: ChunkName;
  /** Sealed bytes that follow. */
  readonly length: number;
}

export interface StoreChunkHandler {
  /** Throws when the claim is refused; nothing was read or taken until then. */
  readonly authorise: (claim: StoreChunkClaim) => void | Promise<void>;
  /** Memory for the bytes of a claim that was accepted; new memory where it is not given. */
  readonly allocate?: (length: number) => Uint8Array;
  /** Keeps the bytes, durably. They are not yet checked against the name. */
  readonly store: (chunkName: ChunkName, sealed: Uint8Array) => Promise<{ readonly alreadyHeld: boolean }>;
}

const RESPONSE: ResponseKind<typeof StoreChunkResponseSchema> = {
  schema: StoreChunkResponseSchema,
  maxBytes: FRAME_BYTES_MAX.response,
  withStatus: (status) => ({ status }),
};

/**
 * Sends a chunk to the node at the other end. A refusal that comes while bytes are still being sent ends the sending.
 * @throws AppError of the node's refusal, or of the stream
 */
export async function requestStoreChunk(
  stream: ByteStream,
  request: { readonly grant: SignedGrant; readonly chunkName: ChunkName; readonly sealed: Uint8Array },
): Promise<{ readonly alreadyHeld: boolean }> {
  const { grant, chunkName, sealed } = request;
  await writeMessage(stream, StoreChunkRequestSchema, {
    init: { grant, chunkName: encodeChunkName(chunkName), length: BigInt(sealed.length) },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  const { alreadyHeld } = await sendForResponse(stream, RESPONSE, sealed);
  return { alreadyHeld };
}

/** Answers one `requestStoreChunk`. */
export async function serveStoreChunk(stream: ByteStream, handler: StoreChunkHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, StoreChunkRequestSchema, FRAME_BYTES_MAX.request);
    const claim: StoreChunkClaim = {
      grant: request.grant,
      chunkName: decodeChunkName(request.chunkName),
      length: decodeSealedLength("length", request.length),
    };
    await handler.authorise(claim);
    const sealed = await stream.read(claim.length, handler.allocate?.(claim.length));
    const { alreadyHeld } = await handler.store(claim.chunkName, sealed);
    return { alreadyHeld };
  });
}
