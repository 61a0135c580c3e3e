import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, FolderId, UploadId, UserId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { LRUCache } from "lru-cache";
import { openFileKey } from "../files/file-key.ts";

const CACHED_MAX = 2_000;

/** What does not change while an upload is open, with the file's key unwrapped. */
export interface OpenUpload {
  readonly id: UploadId;
  readonly fileId: FileId;
  readonly ownerId: UserId;
  /** Where its name's path begins; null: in the root. */
  readonly folderId: FolderId | null;
  /** A path. */
  readonly name: string;
  /** -1 while it is not known. */
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly chunkCount: number;
  readonly copies: number;
  readonly fileKey: Uint8Array;
  readonly expectedSha256: string | null;
  readonly expectedMd5: string | null;
  readonly expiresAtMs: number;
  /** Every chunk prolongs the upload to so long from then; undefined where its time is fixed. */
  readonly leaseMs: number | undefined;
}

export interface OpenUploads {
  /**
   * The upload of this owner; one that was completed is still found until it expires.
   * @throws AppError UPLOAD_NOT_FOUND also for another user's, so that ids tell nothing
   */
  find(uploadId: UploadId, ownerId: UserId): Promise<OpenUpload>;
  /** The same, undefined where there is none. */
  findOwn(uploadId: UploadId, ownerId: UserId): Promise<OpenUpload | undefined>;
  forget(uploadId: UploadId): void;
}

export function createOpenUploads(deps: { readonly metadata: Metadata; readonly masterKey: Uint8Array }): OpenUploads {
  const cached = new LRUCache<UploadId, OpenUpload>({ max: CACHED_MAX });

  const load = async (uploadId: UploadId): Promise<OpenUpload | undefined> => {
    const row = await deps.metadata.read
      .selectFrom("uploads")
      .innerJoin("files", "files.id", "uploads.file_id")
      .selectAll("files")
      .select(["uploads.id as upload_id", "expected_sha256", "expected_md5", "expires_at_ms"])
      .where("uploads.id", "=", uploadId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id: uploadId,
      fileId: row.id as FileId,
      ownerId: row.owner_id as UserId,
      folderId: row.folder_id as FolderId | null,
      name: row.name,
      sizeBytes: row.size_bytes,
      chunkSizeBytes: row.chunk_size_bytes,
      chunkCount: row.chunk_count,
      copies: row.copies,
      fileKey: openFileKey(row.sealed_key, row.id, deps.masterKey),
      expectedSha256: row.expected_sha256,
      expectedMd5: row.expected_md5,
      expiresAtMs: row.expires_at_ms,
      leaseMs: undefined,
    };
  };

  const findOwn = async (uploadId: UploadId, ownerId: UserId): Promise<OpenUpload | undefined> => {
    let upload = cached.get(uploadId);
    if (upload === undefined) {
      upload = await load(uploadId);
      if (upload !== undefined) cached.set(uploadId, upload);
    }
    return upload?.ownerId === ownerId ? upload : undefined;
  };

  return {
    find: async (uploadId, ownerId) => {
      const upload = await findOwn(uploadId, ownerId);
      if (upload !== undefined) return upload;
      throw new AppError("UPLOAD_NOT_FOUND", `you have no upload ${uploadId}: begin a new one`);
    },
    findOwn,
    forget: (uploadId) => {
      cached.delete(uploadId);
    },
  };
}
