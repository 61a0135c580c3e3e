import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, decodeSealedLength, decodeWithin, encodeChunkName } from "../fields.ts";
import {
  type ReplicateChunkRequest,
  ReplicateChunkRequestSchema,
  ReplicateChunkResponseSchema,
  type SignedGrant,
} from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { ADDRESS_CHARACTERS_MAX, FRAME_BYTES_MAX, SOURCE_ADDRESSES_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

/** Fetch this chunk from that holder and keep it. */
export interface ReplicateChunkOrder {
  readonly chunkName: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
  readonly source: { readonly peerId: string; readonly addresses: readonly string[] };
  /** Lets the asked node retrieve the chunk from the source. */
  readonly sourceGrant: SignedGrant;
}

export interface ReplicateChunkClaim extends ReplicateChunkOrder {
  readonly grant: SignedGrant | undefined;
}

export interface ReplicateChunkHandler {
  readonly authorise: (claim: ReplicateChunkClaim) => void | Promise<void>;
  readonly replicate: (order: ReplicateChunkOrder) => Promise<{ readonly alreadyHeld: boolean }>;
}

const RESPONSE: ResponseKind<typeof ReplicateChunkResponseSchema> = {
  schema: ReplicateChunkResponseSchema,
  maxBytes: FRAME_BYTES_MAX.response,
  withStatus: (status) => ({ status }),
};

/** Has a node fetch and keep a chunk. @throws AppError of the node's refusal, or of the stream */
export async function requestReplicateChunk(
  stream: ByteStream,
  request: ReplicateChunkOrder & { readonly grant: SignedGrant },
): Promise<{ readonly alreadyHeld: boolean }> {
  await writeMessage(stream, ReplicateChunkRequestSchema, {
    init: {
      grant: request.grant,
      chunkName: encodeChunkName(request.chunkName),
      length: BigInt(request.length),
      source: request.source.peerId,
      sourceAddresses: request.source.addresses
        .filter((address) => address.length <= ADDRESS_CHARACTERS_MAX)
        .slice(0, SOURCE_ADDRESSES_MAX),
      sourceGrant: request.sourceGrant,
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  const { alreadyHeld } = await readResponse(stream, RESPONSE);
  return { alreadyHeld };
}

/** Answers one `requestReplicateChunk`. */
export async function serveReplicateChunk(stream: ByteStream, handler: ReplicateChunkHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, ReplicateChunkRequestSchema, FRAME_BYTES_MAX.request);
    const order = decodeOrder(request);
    await handler.authorise({ ...order, grant: request.grant });
    const { alreadyHeld } = await handler.replicate(order);
    return { alreadyHeld };
  });
}

function decodeOrder(request: ReplicateChunkRequest): ReplicateChunkOrder {
  const { sourceGrant, sourceAddresses } = request;
  if (sourceGrant === undefined) throw new AppError("PROTOCOL_ERROR", "source_grant is missing");
  if (request.source === "") throw new AppError("PROTOCOL_ERROR", "source is missing");
  decodeWithin("the number of source_addresses", sourceAddresses.length, { min: 0, max: SOURCE_ADDRESSES_MAX });
  for (const address of sourceAddresses) {
    decodeWithin("the length of a source address", address.length, { min: 1, max: ADDRESS_CHARACTERS_MAX });
  }
  return {
    chunkName: decodeChunkName(request.chunkName),
    length: decodeSealedLength("length", request.length),
    source: { peerId: request.source, addresses: sourceAddresses },
    sourceGrant,
  };
}
