import { AppError } from "@commonhold/core/app-error.ts";
import { chunkCountFor, chunkSizeBytesFor } from "@commonhold/core/chunk-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { monthlyStorageCost, type StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import { type FileId, type FolderId, type UploadId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { FileState } from "@commonhold/metadata/tables.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import { sealFileKeyText } from "../files/file-key.ts";
import { normaliseFileName } from "../files/file-name.ts";
import type { UploadIds } from "./keyed-uploads.ts";
import type { OpenUpload, OpenUploads } from "./open-uploads.ts";

const UPLOAD_LIFETIME_MS = 7 * 24 * 3600_000;
/** An upload in one step cannot be resumed: where no chunk came for so long, its coordinator has died. */
const ONE_STEP_LEASE_MS = 3600_000;
/** Marks their ids, so that a start knows what its last crash cut off. */
export const ONE_STEP_ID_PREFIX = "once-";
const OPEN_UPLOADS_PER_OWNER_MAX = 1_000;
const MISSING_SHOWN_MAX = 1_000;
/** What is reserved at a time for an upload whose size is not known. */
export const UNKNOWN_MEDIA_TYPE = "application/octet-stream";
export const UNKNOWN_SIZE_STEP_BYTES = 64 * 1024 * 1024;

export interface UploadSessionsDeps {
  readonly metadata: Metadata;
  readonly openUploads: OpenUploads;
  readonly masterKey: Uint8Array;
  readonly activeNodeCount: () => number;
  /** @throws AppError INSUFFICIENT_CREDITS for an owner who has owed for too long */
  readonly refuseInArrears: (ownerId: UserId) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
}

export interface UploadTerms {
  readonly copies: number;
  readonly writeQuorum: number;
  readonly storage: StorageTerms;
}

export interface NewUpload {
  readonly ownerId: UserId;
  /** Where the name's path begins; null: in the root. */
  readonly folderId: FolderId | null;
  /** A path: its folders are made when the upload is complete. */
  readonly name: string;
  /** undefined: not known, the body says. */
  readonly sizeBytes: number | undefined;
  readonly mediaType: string | undefined;
  readonly sha256: string | undefined;
  readonly md5: string | undefined;
  readonly copies: number | undefined;
  /** Whether it lives only as long as its request. */
  readonly oneStep: boolean;
  /** Given where they stand for a key; otherwise new ones. */
  readonly ids: UploadIds | undefined;
}

export interface UploadProgress {
  readonly upload: OpenUpload;
  readonly state: FileState;
  readonly received: number;
  readonly missing: readonly number[];
  readonly missingCount: number;
}

export interface UploadSessions {
  /**
   * What an upload will be, without beginning it.
   * @throws AppError NOT_ENOUGH_NODES, INVALID_REQUEST
   */
  plan(request: NewUpload): OpenUpload;
  /** @throws AppError INSUFFICIENT_CREDITS, NOT_ENOUGH_NODES, INVALID_REQUEST, FOLDER_NOT_FOUND, NAME_TAKEN */
  initiate(request: NewUpload): Promise<OpenUpload>;
  /** The upload of this owner that has time yet; one that has none is ended. */
  findOpen(id: UploadId, ownerId: UserId): Promise<OpenUpload | undefined>;
  progress(upload: OpenUpload): Promise<UploadProgress>;
  abort(upload: OpenUpload): Promise<void>;
  /** For uploads of unknown size: pays for another step of bytes. */
  reserveMore(upload: OpenUpload): Promise<void>;
}

export function createUploadSessions(deps: UploadSessionsDeps, terms: UploadTerms): UploadSessions {
  const newId = (): string => uuidV7(deps.clock.nowMs(), deps.random.bytes(10));
  const plan = (request: NewUpload): OpenUpload => {
    const upload = planUpload(deps, request, request.copies ?? terms.copies);
    requireNodes(deps.activeNodeCount(), Math.min(terms.writeQuorum, upload.copies));
    return upload;
  };
  const abort = async (upload: OpenUpload): Promise<void> => {
    await deps.metadata.apply("upload.abort", {
      upload_id: upload.id,
      transaction_id: newId(),
      now_ms: deps.clock.nowMs(),
    });
    deps.openUploads.forget(upload.id);
  };
  return {
    plan,

    initiate: async (request) => {
      const upload = plan(request);
      await deps.refuseInArrears(upload.ownerId);
      await deps.metadata.apply("upload.initiate", {
        upload_id: upload.id,
        file_id: upload.fileId,
        owner_id: upload.ownerId,
        folder_id: upload.folderId,
        name: upload.name,
        size_bytes: upload.sizeBytes,
        chunk_size_bytes: upload.chunkSizeBytes,
        chunk_count: upload.chunkCount,
        copies: upload.copies,
        media_type: request.mediaType ?? UNKNOWN_MEDIA_TYPE,
        sealed_key: sealFileKeyText(upload, deps),
        expected_sha256: upload.expectedSha256,
        expected_md5: upload.expectedMd5,
        reserve_microcredits: costOf(terms, request.sizeBytes ?? UNKNOWN_SIZE_STEP_BYTES, upload.copies),
        transaction_id: newId(),
        open_uploads_max: OPEN_UPLOADS_PER_OWNER_MAX,
        now_ms: deps.clock.nowMs(),
        expires_at_ms: upload.expiresAtMs,
      });
      reachUploadStep("coordinator:session-begun");
      return upload;
    },

    progress: (upload) => progressOf(deps.metadata, upload),

    abort,

    findOpen: async (id, ownerId) => {
      const upload = await deps.openUploads.findOwn(id, ownerId);
      if (upload === undefined || upload.expiresAtMs > deps.clock.nowMs()) return upload;
      await abort(upload);
      return undefined;
    },

    reserveMore: async (upload) => {
      await deps.metadata.apply("upload.extend_reservation", {
        upload_id: upload.id,
        additional_microcredits: costOf(terms, UNKNOWN_SIZE_STEP_BYTES, upload.copies),
        transaction_id: newId(),
        now_ms: deps.clock.nowMs(),
      });
    },
  };
}

function requireNodes(active: number, needed: number): void {
  if (active >= needed) return;
  throw new AppError(
    "NOT_ENOUGH_NODES",
    `${active} storage ${active === 1 ? "node is" : "nodes are"} here, ${needed} are needed to keep a file: start more nodes`,
    { details: { active, needed } },
  );
}

function planUpload(deps: UploadSessionsDeps, request: NewUpload, copies: number): OpenUpload {
  const nowMs = deps.clock.nowMs();
  const chunkSizeBytes = chunkSizeBytesFor(request.sizeBytes);
  const newId = (): string => uuidV7(nowMs, deps.random.bytes(10));
  return {
    id: `${request.oneStep ? ONE_STEP_ID_PREFIX : ""}${request.ids?.uploadId ?? newId()}` as UploadId,
    fileId: request.ids?.fileId ?? (newId() as FileId),
    ownerId: request.ownerId,
    folderId: request.folderId,
    name: normaliseFileName(request.name),
    sizeBytes: request.sizeBytes ?? -1,
    chunkSizeBytes,
    chunkCount: request.sizeBytes === undefined ? 0 : chunkCountFor(request.sizeBytes, chunkSizeBytes),
    copies,
    fileKey: deps.random.bytes(32),
    expectedSha256: request.sha256?.toLowerCase() ?? null,
    expectedMd5: request.md5?.toLowerCase() ?? null,
    expiresAtMs: nowMs + (request.oneStep ? ONE_STEP_LEASE_MS : UPLOAD_LIFETIME_MS),
    leaseMs: request.oneStep ? ONE_STEP_LEASE_MS : undefined,
  };
}

/** One for each folder of an upload's path, in case that it has to be made. */
export function newFolderIds(
  { name }: Pick<OpenUpload, "name">,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): string[] {
  return name
    .split("/")
    .slice(1)
    .map(() => uuidV7(clock.nowMs(), random.bytes(10)));
}

/** Micro-credits as decimal text, as commands take them. */
function costOf(terms: UploadTerms, sizeBytes: number, copies: number): string {
  return monthlyStorageCost(BigInt(sizeBytes), copies, terms.storage).toString();
}

async function progressOf(metadata: Metadata, upload: OpenUpload): Promise<UploadProgress> {
  const file = await metadata.read
    .selectFrom("files")
    .select(["state", "chunk_count"])
    .where("id", "=", upload.fileId)
    .executeTakeFirst();
  if (file === undefined) throw new AppError("UPLOAD_NOT_FOUND", `you have no upload ${upload.id}: begin a new one`);
  const { received } = await metadata.read
    .selectFrom("file_chunks")
    .select((eb) => eb.fn.countAll<number>().as("received"))
    .where("file_id", "=", upload.fileId)
    .executeTakeFirstOrThrow();
  const missing = received === file.chunk_count ? [] : await firstMissing(metadata, upload, file.chunk_count);
  return { upload, state: file.state, received, missing, missingCount: file.chunk_count - received };
}

async function firstMissing(metadata: Metadata, upload: OpenUpload, chunkCount: number): Promise<number[]> {
  const missing: number[] = [];
  const rows = metadata.read
    .selectFrom("file_chunks")
    .select("chunk_index")
    .where("file_id", "=", upload.fileId)
    .orderBy("chunk_index");
  let expected = 0;
  for (let page = 0; missing.length < MISSING_SHOWN_MAX; page++) {
    const indices = await rows
      .limit(MISSING_SHOWN_MAX)
      .offset(page * MISSING_SHOWN_MAX)
      .execute();
    for (const { chunk_index } of indices) {
      while (expected < chunk_index && missing.length < MISSING_SHOWN_MAX) missing.push(expected++);
      expected = chunk_index + 1;
    }
    if (indices.length < MISSING_SHOWN_MAX) break;
  }
  while (expected < chunkCount && missing.length < MISSING_SHOWN_MAX) missing.push(expected++);
  return missing;
}
