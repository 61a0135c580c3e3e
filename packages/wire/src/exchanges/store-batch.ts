import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type BatchClaim, decodeBatch, encodeRef, joined } from "../batch-claim.ts";
import type { BatchedChunkRef } from "../batch-name.ts";
import {
  type SignedGrant,
  StoreBatchRequestSchema,
  type StoreBatchResponse,
  StoreBatchResponseSchema,
} from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX } from "../protocols.ts";
import { type ResponseKind, respond } from "../response.ts";
import { OK_STATUS, requireOk, statusOf } from "../status.ts";
import { sendForResponse } from "./send-for-response.ts";

/** A small chunk with its bytes. */
export interface BatchedChunk {
  readonly chunkName: ChunkName;
  readonly sealed: Uint8Array;
}

/** What became of each chunk, in their order. */
export type BatchOutcomes = readonly PromiseSettledResult<{ readonly alreadyHeld: boolean }>[];

export interface StoreBatchHandler {
  /** Throws when the claim is refused; nothing was read or taken until then. */
  readonly authorise: (claim: BatchClaim) => void | Promise<void>;
  /** Memory for the bytes of a claim that was accepted; new memory where it is not given. */
  readonly allocate?: (length: number) => Uint8Array;
  /** Keeps the chunks, durably. Their bytes are not yet checked against their names. */
  readonly store: (chunks: readonly BatchedChunk[]) => Promise<BatchOutcomes>;
}

const RESPONSE: ResponseKind<typeof StoreBatchResponseSchema> = {
  schema: StoreBatchResponseSchema,
  maxBytes: FRAME_BYTES_MAX.batchResponse,
  withStatus: (status) => ({ status }),
};

/**
 * Sends small chunks to the node at the other end, within the bounds of `BATCH_…`. A refusal that comes while bytes
 * are still being sent ends the sending. Once the first byte is written the chunks' own memory is not needed any more.
 * @returns what became of each chunk
 * @throws AppError of the node's refusal of the whole, or of the stream
 */
export async function requestStoreBatch(
  stream: ByteStream,
  request: { readonly grant: SignedGrant; readonly chunks: readonly BatchedChunk[] },
): Promise<BatchOutcomes> {
  const { grant, chunks } = request;
  // One write for all: each costs more than to copy some kilobytes.
  const bytes = joined(chunks.map(({ sealed }) => sealed));
  await writeMessage(stream, StoreBatchRequestSchema, {
    init: {
      grant,
      chunks: chunks.map(({ chunkName, sealed }) => encodeRef({ chunkName, length: sealed.length })),
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  return decodeOutcomes(await sendForResponse(stream, RESPONSE, bytes), chunks.length);
}

/** Answers one `requestStoreBatch`. */
export async function serveStoreBatch(stream: ByteStream, handler: StoreBatchHandler): Promise<void> {
  let outcomes: BatchOutcomes = [];
  await respond(stream, RESPONSE, async () => {
    const { grant, chunks } = await readMessage(stream, StoreBatchRequestSchema, FRAME_BYTES_MAX.request);
    const claim = { grant, ...decodeBatch(chunks) };
    await handler.authorise(claim);
    const bytes = await stream.read(claim.length, handler.allocate?.(claim.length));
    outcomes = await handler.store(cut(bytes, claim.chunks));
    return { outcomes: outcomes.map(encodeOutcome) };
  });
  for (const outcome of outcomes) {
    // The peer was told no more than that it happened.
    if (outcome.status === "rejected" && !(outcome.reason instanceof AppError)) throw outcome.reason;
  }
}

function decodeOutcomes({ outcomes }: StoreBatchResponse, count: number): BatchOutcomes {
  if (outcomes.length !== count) {
    throw new AppError("PROTOCOL_ERROR", `${outcomes.length} outcomes are answered for ${count} chunks`);
  }
  return outcomes.map(({ status, alreadyHeld }) => {
    try {
      requireOk(status);
      return { status: "fulfilled", value: { alreadyHeld } };
    } catch (reason) {
      return { status: "rejected", reason };
    }
  });
}

function encodeOutcome(outcome: BatchOutcomes[number]) {
  if (outcome.status === "rejected") return { status: statusOf(outcome.reason) };
  return { status: OK_STATUS, alreadyHeld: outcome.value.alreadyHeld };
}

function cut(bytes: Uint8Array, chunks: readonly BatchedChunkRef[]): readonly BatchedChunk[] {
  let at = 0;
  return chunks.map(({ chunkName, length }) => ({ chunkName, sealed: bytes.subarray(at, (at += length)) }));
}
