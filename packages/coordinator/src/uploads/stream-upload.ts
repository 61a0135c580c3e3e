import { createContentId } from "@commonhold/chunk/content-id.ts";
import { chunkSizeBytesFor } from "@commonhold/core/chunk-size.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { ByteBudget, ReleaseBytes } from "../transfers/byte-budget.ts";
import { cutIntoChunks, wrongBodyLength } from "./body-chunks.ts";
import type { ChunkPipeline, StoredChunk } from "./chunk-pipeline.ts";
import type { CompletedContent, CompleteUpload } from "./complete-upload.ts";
import { DigestCheck } from "./content-digest.ts";
import type { OpenUpload } from "./open-uploads.ts";
import type { StoreSmallFile } from "./store-small-file.ts";
import { type NewUpload, UNKNOWN_SIZE_STEP_BYTES, type UploadSessions } from "./upload-sessions.ts";

const CHUNKS_IN_FLIGHT_MAX = 4;
/** A chunk is in memory twice while it is sealed; after that, only sealed. */
const MEMORY_PER_CHUNK_BYTE = 2;

export interface StreamUploadDeps {
  readonly sessions: UploadSessions;
  readonly pipeline: ChunkPipeline;
  readonly complete: CompleteUpload;
  readonly small: StoreSmallFile;
  readonly budget: ByteBudget;
  /** For the chunk that is being filled, as long as the upload lasts. */
  readonly streams: ByteBudget;
  readonly buffers: Pick<TransferBuffers, "plain">;
  readonly stopping: AbortSignal;
  readonly logger: Logger;
}

/**
 * An upload in one step: the body is cut as it comes, a few chunks are under way at once, and the body waits while
 * they are. If anything fails, nothing of the upload stays.
 * @returns the id of the complete file
 */
export async function streamUpload(
  deps: StreamUploadDeps,
  request: NewUpload,
  input: { readonly body: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
): Promise<string> {
  const small = await deps.small.tryStore(request, input);
  if (small !== undefined) return small;
  const filling = Math.min(chunkSizeBytesFor(request.sizeBytes), request.sizeBytes ?? Number.POSITIVE_INFINITY);
  const release = await deps.streams.acquireWithin(filling, input.signal);
  try {
    const upload = await deps.sessions.initiate(request);
    try {
      const content = await receiveAll(deps, upload, input);
      return await deps.complete.withContent(upload, content);
    } catch (error) {
      await giveUp(deps, upload);
      throw error;
    }
  } finally {
    release();
  }
}

/** Never throws: why the upload failed matters more. What it cannot end, the upload's lease ends. */
async function giveUp(deps: StreamUploadDeps, upload: OpenUpload): Promise<void> {
  try {
    await deps.sessions.abort(upload);
  } catch (error) {
    deps.logger.warn({ err: error, upload: upload.id }, "a failed upload could not be given up yet");
  }
}

async function receiveAll(
  deps: StreamUploadDeps,
  upload: OpenUpload,
  input: { readonly body: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
): Promise<CompletedContent> {
  const signal = AbortSignal.any([input.signal, deps.stopping]);
  const check = new DigestCheck({ sha256: upload.expectedSha256, md5: upload.expectedMd5 });
  const contentId = createContentId();
  const underWay: Promise<StoredChunk>[] = [];
  const finishOldest = async (): Promise<void> => {
    const oldest = await underWay.shift();
    if (oldest !== undefined) contentId.add(oldest.plainHash);
  };
  let chunkCount = 0;
  let sizeBytes = 0;
  try {
    for await (const plain of cutIntoChunks(input.body, sizeOf(upload), deps.buffers.plain)) {
      signal.throwIfAborted();
      const { length } = plain.bytes;
      sizeBytes += length;
      await refuseOrReserve(deps.sessions, upload, { sizeBytes, added: length });
      check.update(plain.bytes);
      const release = await deps.budget.acquire(length * MEMORY_PER_CHUNK_BYTE, signal);
      const releasePlain = (): void => {
        plain.release();
        release(length);
      };
      const stored = storeOne(deps, upload, {
        index: chunkCount,
        plain: { bytes: plain.bytes, release: releasePlain },
        release,
      });
      stored.catch(() => undefined);
      underWay.push(stored);
      chunkCount += 1;
      if (underWay.length >= CHUNKS_IN_FLIGHT_MAX) await finishOldest();
    }
    while (underWay.length > 0) await finishOldest();
  } finally {
    await Promise.allSettled(underWay);
  }
  signal.throwIfAborted();
  if (upload.sizeBytes !== -1 && sizeBytes !== upload.sizeBytes)
    throw wrongBodyLength(String(sizeBytes), upload.sizeBytes);
  check.verify();
  return { sizeBytes, chunkCount, contentId: contentId.finish() };
}

function sizeOf(upload: OpenUpload): { readonly chunkSizeBytes: number; readonly sizeBytes: number | undefined } {
  const { chunkSizeBytes, sizeBytes } = upload;
  return { chunkSizeBytes, sizeBytes: sizeBytes === -1 ? undefined : sizeBytes };
}

async function storeOne(
  deps: StreamUploadDeps,
  upload: OpenUpload,
  part: { readonly index: number; readonly plain: BufferLease; readonly release: ReleaseBytes },
): Promise<StoredChunk> {
  try {
    const stored = await deps.pipeline(upload, part, deps.stopping);
    void stored.released.then(() => part.release());
    return stored;
  } catch (error) {
    part.release();
    throw error;
  }
}

/** More bytes than were announced end the upload; bytes of an unknown number are paid for step by step. */
async function refuseOrReserve(
  sessions: UploadSessions,
  upload: OpenUpload,
  count: { readonly sizeBytes: number; readonly added: number },
): Promise<void> {
  if (upload.sizeBytes !== -1) {
    if (count.sizeBytes > upload.sizeBytes) throw wrongBodyLength(String(count.sizeBytes), upload.sizeBytes);
    return;
  }
  const stepsBefore = Math.ceil((count.sizeBytes - count.added) / UNKNOWN_SIZE_STEP_BYTES);
  const steps = Math.ceil(count.sizeBytes / UNKNOWN_SIZE_STEP_BYTES);
  if (steps > Math.max(1, stepsBefore)) await sessions.reserveMore(upload);
}
