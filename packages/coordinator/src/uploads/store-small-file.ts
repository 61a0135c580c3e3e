import { createContentId } from "@commonhold/chunk/content-id.ts";
import { CHUNK_SIZE_BYTES_MIN } from "@commonhold/core/chunk-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { monthlyStorageCost, type StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import { type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { availableAccount } from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import { sealFileKeyText } from "../files/file-key.ts";
import type { ByteBudget, ReleaseBytes } from "../transfers/byte-budget.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import { readExactly, wrongBodyLength } from "./body-chunks.ts";
import type { ChunkPipeline, ChunkRecord } from "./chunk-pipeline.ts";
import { DigestCheck } from "./content-digest.ts";
import type { OpenUpload } from "./open-uploads.ts";
import { type NewUpload, newFolderIds, UNKNOWN_MEDIA_TYPE, type UploadSessions } from "./upload-sessions.ts";

/** A chunk is in memory twice while it is sealed and sent: as it came, and sealed. */
const MEMORY_PER_BYTE = 2;

export interface StoreSmallFileDeps {
  readonly metadata: Metadata;
  readonly sessions: Pick<UploadSessions, "plan">;
  /** @throws AppError INSUFFICIENT_CREDITS for an owner who has owed for too long */
  readonly refuseInArrears: (ownerId: UserId) => Promise<void>;
  readonly pipeline: ChunkPipeline;
  readonly budget: ByteBudget;
  /** For the body while it comes. */
  readonly streams: ByteBudget;
  readonly buffers: Pick<TransferBuffers, "plain">;
  readonly terms: StorageTerms;
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly stopping: AbortSignal;
}

/** Takes a file of one chunk at most that comes in one request: one change of the metadata records it whole. */
export interface StoreSmallFile {
  /**
   * If anything fails, nothing of the file stays in the metadata.
   * @returns the id of the complete file; undefined where it is not small, or its owner cannot pay for it beside what is
   * under way: the longer way tells why
   * @throws AppError WRONG_CHUNK_LENGTH, CHECKSUM_MISMATCH, NOT_ENOUGH_NODES, INSUFFICIENT_CREDITS, FOLDER_NOT_FOUND,
   *   NAME_TAKEN
   */
  tryStore(request: NewUpload, input: UploadInput): Promise<string | undefined>;
}

export interface UploadInput {
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

export function createStoreSmallFile(deps: StoreSmallFileDeps): StoreSmallFile {
  /** Micro-credits that uploads under way will cost, by owner: their bytes go to nodes before they are paid for. */
  const underWay = new Map<UserId, bigint>();
  const add = (ownerId: UserId, amount: bigint): void => {
    const sum = (underWay.get(ownerId) ?? 0n) + amount;
    if (sum === 0n) underWay.delete(ownerId);
    else underWay.set(ownerId, sum);
  };

  return {
    tryStore: async (request, input) => {
      const { sizeBytes, ownerId } = request;
      if (sizeBytes === undefined || sizeBytes > CHUNK_SIZE_BYTES_MIN) return undefined;
      const upload = deps.sessions.plan(request);
      await deps.refuseInArrears(ownerId);
      const cost = costOf(deps, upload);
      const available = await availableCredits(deps.metadata, ownerId);
      if (available - (underWay.get(ownerId) ?? 0n) < cost) return undefined;
      add(ownerId, cost);
      try {
        await store(deps, { upload, request }, input);
        return upload.fileId;
      } finally {
        add(ownerId, -cost);
      }
    },
  };
}

interface SmallFile {
  readonly upload: OpenUpload;
  readonly request: NewUpload;
}

async function store(deps: StoreSmallFileDeps, file: SmallFile, input: UploadInput): Promise<void> {
  const { upload } = file;
  const signal = AbortSignal.any([input.signal, deps.stopping]);
  const { plain, release } = await receive(deps, upload, { body: input.body, signal });
  const counted: BufferLease = {
    bytes: plain.bytes,
    release: () => {
      plain.release();
      release(upload.sizeBytes);
    },
  };
  let released = Promise.resolve();
  try {
    const record = async (chunk: ChunkRecord | null): Promise<void> => {
      signal.throwIfAborted();
      await recordFile(deps, file, chunk);
    };
    if (upload.sizeBytes === 0) await record(null);
    else ({ released } = await deps.pipeline(upload, { index: 0, plain: counted, record }, deps.stopping));
  } finally {
    void released.then(() => release());
  }
}

/** The whole body, checked, and the memory in which it may be sealed. */
async function receive(
  deps: StoreSmallFileDeps,
  upload: OpenUpload,
  { body, signal }: UploadInput,
): Promise<{ readonly plain: BufferLease; readonly release: ReleaseBytes }> {
  const releaseStream = await deps.streams.acquireWithin(upload.sizeBytes, signal);
  try {
    const plain = await readExactly(body, { length: upload.sizeBytes, refusal: wrongBodyLength }, deps.buffers.plain);
    const check = new DigestCheck({ sha256: upload.expectedSha256, md5: upload.expectedMd5 });
    check.update(plain.bytes);
    check.verify();
    return { plain, release: await deps.budget.acquire(upload.sizeBytes * MEMORY_PER_BYTE, signal) };
  } finally {
    releaseStream();
  }
}

async function recordFile(
  deps: StoreSmallFileDeps,
  { upload, request }: SmallFile,
  chunk: ChunkRecord | null,
): Promise<void> {
  const contentId = createContentId();
  if (chunk !== null) contentId.add(chunk.plainHash);
  const nowMs = deps.clock.nowMs();
  reachUploadStep("coordinator:before-file-complete");
  await deps.metadata.apply("file.store", {
    file_id: upload.fileId,
    owner_id: upload.ownerId,
    folder_id: upload.folderId,
    name: upload.name,
    folder_ids: newFolderIds(upload, deps),
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

const balanceOf = prepareQuery((read, values: { readonly account: string }) =>
  read.selectFrom("ledger_accounts").select("balance_microcredits").where("id", "=", values.account),
);

async function availableCredits(metadata: Metadata, userId: UserId): Promise<bigint> {
  const [account] = await balanceOf(metadata.read, { account: availableAccount(userId) });
  return account?.balance_microcredits ?? 0n;
}
