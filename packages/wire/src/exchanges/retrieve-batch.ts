import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { type BatchClaim, decodeBatch, encodeRef, joined } from "../batch-claim.ts";
import type { BatchedChunkRef } from "../batch-name.ts";
import { writeBody } from "../body.ts";
import { RetrieveBatchRequestSchema, RetrieveBatchResponseSchema, type SignedGrant } from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX } from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";
import { OK_STATUS, requireOk, statusOf } from "../status.ts";

/** The sealed bytes of each chunk, in their order, or why they cannot be had. */
export type RetrievedChunks = readonly PromiseSettledResult<Uint8Array>[];

export interface RetrieveBatchHandler {
  readonly authorise: (claim: BatchClaim) => void | Promise<void>;
  readonly retrieve: (chunks: readonly BatchedChunkRef[]) => Promise<RetrievedChunks>;
}

const RESPONSE: ResponseKind<typeof RetrieveBatchResponseSchema> = {
  schema: RetrieveBatchResponseSchema,
  maxBytes: FRAME_BYTES_MAX.batchResponse,
  withStatus: (status) => ({ status }),
};

/**
 * The sealed bytes of small chunks, within the bounds of `BATCH_…`; not yet checked against their names.
 * @param request.chunks with the length that each must have
 * @param request.onArrived told of each chunk that is there, by its place, once its bytes are: what comes after them
 * may be slow, or never come
 * @throws AppError of the node's refusal of the whole, or of the stream
 */
export async function requestRetrieveBatch(
  stream: ByteStream,
  request: {
    readonly grant: SignedGrant;
    readonly chunks: readonly BatchedChunkRef[];
    readonly onArrived?: (at: number, sealed: Uint8Array) => void;
  },
): Promise<RetrievedChunks> {
  const { grant, chunks, onArrived } = request;
  await writeMessage(stream, RetrieveBatchRequestSchema, {
    init: { grant, chunks: chunks.map(encodeRef) },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  // The end goes with the request, which spares both sides a packet of its own.
  await stream.closeWrite();
  const { outcomes } = await readResponse(stream, RESPONSE);
  if (outcomes.length !== chunks.length) {
    throw new AppError("PROTOCOL_ERROR", `${outcomes.length} outcomes are answered for ${chunks.length} chunks`);
  }
  const refusals = outcomes.map(refusalOf);
  const found: PromiseSettledResult<Uint8Array>[] = [];
  for (const [at, { length }] of chunks.entries()) {
    const reason = refusals[at];
    if (reason === undefined) {
      const value = await stream.read(length);
      onArrived?.(at, value);
      found.push({ status: "fulfilled", value });
    } else found.push({ status: "rejected", reason });
  }
  return found;
}

/** Answers one `requestRetrieveBatch`. An error after the response has begun is thrown: the stream must be aborted. */
export async function serveRetrieveBatch(stream: ByteStream, handler: RetrieveBatchHandler): Promise<void> {
  let retrieved: RetrievedChunks = [];
  const response = await respond(stream, RESPONSE, async () => {
    const { grant, chunks: announced } = await readMessage(stream, RetrieveBatchRequestSchema, FRAME_BYTES_MAX.request);
    const claim = { grant, ...decodeBatch(announced) };
    await handler.authorise(claim);
    const found = await handler.retrieve(claim.chunks);
    retrieved = claim.chunks.map((chunk, at) => ofLength(chunk, found[at]!));
    return { outcomes: retrieved.map((each) => (each.status === "rejected" ? statusOf(each.reason) : OK_STATUS)) };
  });
  if (response === undefined) return;
  const bytes = joined(retrieved.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
  await writeBody(stream, bytes, { length: bytes.length });
  for (const each of retrieved) {
    // The peer was told no more than that it happened.
    if (each.status === "rejected" && !(each.reason instanceof AppError)) throw each.reason;
  }
}

function refusalOf(status: Parameters<typeof requireOk>[0]): unknown {
  try {
    requireOk(status);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The peer reads as many bytes as it asked for: others would be taken for those of the next chunk. */
function ofLength({ chunkName, length }: BatchedChunkRef, found: RetrievedChunks[number]): RetrievedChunks[number] {
  if (found.status === "rejected" || found.value.length === length) return found;
  const message = `chunk ${chunkName} has ${found.value.length} bytes here, not ${length}`;
  return { status: "rejected", reason: new AppError("CHUNK_CORRUPT", message) };
}
