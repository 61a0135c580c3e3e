import { createContentId } from "@commonhold/chunk/content-id.ts";
import { CHUNK_SIZE_BYTES_MIN } from "@commonhold/core/chunk-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { monthlyStorageCost, type StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import { type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { availableAccount } from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { BufferLease, BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import { sealFileKeyText } from "../files/file-key.ts";
import type { ByteBudget } from "../transfers/byte-budget.ts";
import { readExactly, wrongBodyLength } from "./body-chunks.ts";
import type { ChunkPipeline, ChunkRecord } from "./chunk-pipeline.ts";
import { DigestCheck } from "./content-digest.ts";
import type { OpenUpload } from "./open-uploads.ts";
import { type NewUpload, UNKNOWN_MEDIA_TYPE, type UploadSessions } from "./upload-sessions.ts";

/** A chunk is in memory twice while it is sealed and sent: as it came, and sealed. */
const MEMORY_PER_BYTE = 2;

export interface StoreSmallFileDeps {
  readonly metadata: Metadata;
  readonly sessions: Pick<UploadSessions, "plan">;
  readonly pipeline: ChunkPipeline;
  readonly budget: ByteBudget;
  /** For the body while it comes. */
  readonly streams: ByteBudget;
  readonly buffers: BufferPool;
  readonly terms: StorageTerms;
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly stopping: AbortSignal;
}

/** A file of one chunk at most that comes in one request: one change of the metadata records it whole. */
export interface StoreSmallFile {
  /** Whether the file is small and its owner can pay for it; the longer way tells those who cannot. */
  takes(request: NewUpload): Promise<boolean>;
  /**
   * If anything fails, nothing of the file stays.
   * @returns the id of the complete file
   * @throws AppError WRONG_CHUNK_LENGTH, CHECKSUM_MISMATCH, NOT_ENOUGH_NODES, INSUFFICIENT_CREDITS
   */
  store(
    request: NewUpload,
    input: { readonly body: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
  ): Promise<string>;
}

export function createStoreSmallFile(deps: StoreSmallFileDeps): StoreSmallFile {
  return {
    takes: async (request) => {
      const { sizeBytes } = request;
      if (sizeBytes === undefined || sizeBytes > CHUNK_SIZE_BYTES_MIN) return false;
      const upload = deps.sessions.plan(request);
      return (await availableCredits(deps.metadata, request.ownerId)) >= costOf(deps, upload);
    },

    store: async (request, { body, signal }) => {
      const upload = deps.sessions.plan(request);
      const until = AbortSignal.any([signal, deps.stopping]);
      const plain = await readWhole(deps, upload, { body, signal: until });
      const release = await deps.budget.acquire(upload.sizeBytes * MEMORY_PER_BYTE, until);
      const releasePlain = (): void => {
        plain.release();
        release(upload.sizeBytes);
      };
      const counted: BufferLease = { bytes: plain.bytes, release: releasePlain };
      let released = Promise.resolve();
      try {
        const record = (chunk: ChunkRecord | null): Promise<void> => recordFile(deps, { upload, request }, chunk);
        if (upload.sizeBytes === 0) await record(null);
        else ({ released } = await deps.pipeline(upload, { index: 0, plain: counted, record }, deps.stopping));
      } finally {
        void released.then(() => release());
      }
      return upload.fileId;
    },
  };
}

async function readWhole(
  deps: StoreSmallFileDeps,
  upload: OpenUpload,
  input: { readonly body: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
): Promise<BufferLease> {
  const release = await deps.streams.acquireWithin(upload.sizeBytes, input.signal);
  try {
    const expected = { length: upload.sizeBytes, refusal: wrongBodyLength };
    const plain = await readExactly(input.body, expected, deps.buffers);
    const check = new DigestCheck({ sha256: upload.expectedSha256, md5: upload.expectedMd5 });
    check.update(plain.bytes);
    check.verify();
    input.signal.throwIfAborted();
    return plain;
  } finally {
    release();
  }
}

async function recordFile(
  deps: StoreSmallFileDeps,
  { upload, request }: { readonly upload: OpenUpload; readonly request: NewUpload },
  chunk: ChunkRecord | null,
): Promise<void> {
  const contentId = createContentId();
  if (chunk !== null) contentId.add(chunk.plainHash);
  const nowMs = deps.clock.nowMs();
  reachUploadStep("coordinator:before-file-complete");
  await deps.metadata.apply("file.store", {
    file_id: upload.fileId,
    owner_id: upload.ownerId,
    name: upload.name,
    size_bytes: upload.sizeBytes,
    chunk_size_bytes: upload.chunkSizeBytes,
    copies: upload.copies,
    media_type: request.mediaType ?? UNKNOWN_MEDIA_TYPE,
    sealed_key: sealFileKeyText(upload, deps),
    content_id: contentId.finish(),
    chunk: chunk === null ? null : chunk.fields,
    cost_microcredits: costOf(deps, upload).toString(),
    transaction_id: uuidV7(nowMs, deps.random.bytes(10)),
    now_ms: nowMs,
  });
  reachUploadStep("coordinator:after-file-complete");
}

function costOf({ terms }: StoreSmallFileDeps, upload: OpenUpload): bigint {
  return monthlyStorageCost(BigInt(upload.sizeBytes), upload.copies, terms);
}

async function availableCredits(metadata: Metadata, userId: UserId): Promise<bigint> {
  const account = await metadata.read
    .selectFrom("ledger_accounts")
    .select("balance_microcredits")
    .where("id", "=", availableAccount(userId))
    .executeTakeFirst();
  return account?.balance_microcredits ?? 0n;
}
