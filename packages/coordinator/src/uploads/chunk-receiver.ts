import { AppError } from "@commonhold/core/app-error.ts";
import { chunkLengthAt } from "@commonhold/core/chunk-size.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { ByteBudget } from "../transfers/byte-budget.ts";
import { readExactly, wrongChunkLength } from "./body-chunks.ts";
import type { ChunkPipeline, StoredChunk } from "./chunk-pipeline.ts";
import type { OpenUpload } from "./open-uploads.ts";

/** A chunk is in memory twice while it is sealed and sent: as it came, and sealed. */
const MEMORY_PER_CHUNK_BYTE = 2;

export interface ChunkReceiverDeps {
  readonly pipeline: ChunkPipeline;
  readonly budget: ByteBudget;
  readonly buffers: Pick<TransferBuffers, "plain">;
  readonly stopping: AbortSignal;
}

export interface ChunkPart {
  readonly index: number;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives back memory of the budget that the body is in already, enough for the chunk; called in any case. */
  readonly held?: () => void;
}

/** Takes one chunk of a three-step upload: any order, in parallel, the same one again. */
export async function receiveChunk(
  deps: ChunkReceiverDeps,
  upload: OpenUpload,
  part: ChunkPart & { readonly signal: AbortSignal },
): Promise<StoredChunk> {
  const { index } = part;
  let release = part.held;
  try {
    requireIndex(upload, index);
    const length = chunkLengthAt(index, upload.sizeBytes, upload.chunkSizeBytes);
    release ??= await deps.budget.acquire(length * MEMORY_PER_CHUNK_BYTE, part.signal);
    const plain = await readExactly(part.body, { length, refusal: wrongChunkLength }, deps.buffers.plain);
    const stored = await deps.pipeline(upload, { index, plain }, deps.stopping);
    void stored.released.then(() => release?.());
    return stored;
  } catch (error) {
    release?.();
    throw error;
  }
}

function requireIndex(upload: OpenUpload, index: number): void {
  if (index < upload.chunkCount) return;
  throw new AppError(
    "INVALID_CHUNK_INDEX",
    upload.chunkCount === 0
      ? `chunk_index ${index} is out of range: this upload has no chunks, complete it`
      : `chunk_index ${index} is out of range: it must be 0 to ${upload.chunkCount - 1}`,
    { details: { chunk_index: index, chunk_count: upload.chunkCount } },
  );
}
