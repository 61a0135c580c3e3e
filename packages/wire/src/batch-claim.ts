import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type BatchedChunkRef, batchNameOf } from "./batch-name.ts";
import { decodeChunkName, decodeWithin, encodeChunkName } from "./fields.ts";
import type { BatchedChunk, SignedGrant } from "./gen/commonhold_pb.ts";
import { BATCH_CHUNK_LENGTH_MAX, BATCH_CHUNKS_MAX, BATCH_LENGTH_MAX } from "./protocols.ts";

/** What a peer asks for a list of small chunks, before any of their bytes move. */
export interface BatchClaim {
  readonly grant: SignedGrant | undefined;
  /** No chunk comes twice. */
  readonly chunks: readonly BatchedChunkRef[];
  /** What the grant must name. */
  readonly batchName: ChunkName;
  /** Sealed bytes of all. */
  readonly length: number;
}

export function encodeRef({ chunkName, length }: BatchedChunkRef) {
  return { chunkName: encodeChunkName(chunkName), length: BigInt(length) };
}

/** @throws AppError PROTOCOL_ERROR for a list beyond the bounds `BATCH_…`, or that has a chunk twice */
export function decodeBatch(
  announced: readonly Pick<BatchedChunk, "chunkName" | "length">[],
): Omit<BatchClaim, "grant"> {
  decodeWithin("the number of chunks", announced.length, { min: 1, max: BATCH_CHUNKS_MAX });
  const chunks = announced.map(({ chunkName, length }) => ({
    chunkName: decodeChunkName(chunkName),
    length: decodeWithin("length", length, { min: 1, max: BATCH_CHUNK_LENGTH_MAX }),
  }));
  if (new Set(chunks.map(({ chunkName }) => chunkName)).size < chunks.length) {
    throw new AppError("PROTOCOL_ERROR", "a chunk comes twice in a batch");
  }
  const sum = chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
  const length = decodeWithin("the length of all chunks", sum, { min: 1, max: BATCH_LENGTH_MAX });
  return { chunks, batchName: batchNameOf(chunks), length };
}

/** The pieces one after the other, in new memory: one write for all costs less than one for each. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
