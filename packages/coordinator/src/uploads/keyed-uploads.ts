import { createHash } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { type FileId, type UploadId, type UserId, uuidV8 } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { FileState } from "@commonhold/metadata/tables.ts";
import type { OpenUpload } from "./open-uploads.ts";

/** What an upload will be known by. */
export interface UploadIds {
  readonly fileId: FileId;
  readonly uploadId: UploadId;
}

/** Whose key it is, and what it stands for as far as it is known. */
export interface KeyedUpload {
  readonly ownerId: UserId;
  readonly key: string;
  /** undefined: not known yet. */
  readonly sizeBytes: number | undefined;
}

/** Uploads that bear a key: sent again because an answer was lost, they are done once. */
export interface KeyedUploads {
  /**
   * Stores a file unless that of this key is there. Two of one key at once go one after the other.
   * @returns the file's id
   * @throws AppError INVALID_REQUEST where the key stands for a file of another size, CONCURRENT_CHANGE where an upload
   *   of it is open, or was cut off and is not cleared away yet, and whatever `store` throws
   */
  storeOnce(upload: KeyedUpload, store: (ids: UploadIds) => Promise<string>): Promise<string>;
  /**
   * Begins an upload unless that of this key is open.
   * @param steps.findOpen the upload of an earlier beginning, as long as it has time
   * @throws AppError INVALID_REQUEST where the key stands for a file of another size, UPLOAD_ENDED with its id where it is
   *   stored, CONCURRENT_CHANGE as `storeOnce`, and whatever `begin` throws
   */
  beginOnce(
    upload: KeyedUpload,
    steps: {
      readonly findOpen: (id: UploadId) => Promise<OpenUpload | undefined>;
      readonly begin: (ids: UploadIds) => Promise<OpenUpload>;
    },
  ): Promise<OpenUpload>;
}

export function createKeyedUploads({ metadata }: { readonly metadata: Metadata }): KeyedUploads {
  const underWay = new Map<FileId, Promise<unknown>>();

  const alone = async <T>(id: FileId, act: () => Promise<T>): Promise<T> => {
    for (let other = underWay.get(id); other !== undefined; other = underWay.get(id)) {
      // How it ends is its own caller's business: what it left behind is looked at next.
      await other.catch(() => undefined);
    }
    const mine = act().finally(() => underWay.delete(id));
    underWay.set(id, mine);
    return mine;
  };

  /** Of the file that the key stands for. @throws AppError INVALID_REQUEST where it is another one */
  const stateOf = async (upload: KeyedUpload, { fileId }: UploadIds): Promise<FileState | undefined> => {
    const rows = metadata.read.selectFrom("files").select(["state", "size_bytes"]).where("id", "=", fileId);
    const file = await rows.executeTakeFirst();
    if (file !== undefined) refuseOtherSize(upload, file.size_bytes);
    return file?.state;
  };

  return {
    storeOnce: (upload, store) => {
      const ids = idsOf(upload);
      return alone(ids.fileId, async () => {
        const state = await stateOf(upload, ids);
        if (state === undefined) return store(ids);
        if (state === "uploading") throw notEnded();
        return ids.fileId;
      });
    },

    beginOnce: (upload, { findOpen, begin }) => {
      const ids = idsOf(upload);
      return alone(ids.fileId, async () => {
        const open = await findOpen(ids.uploadId);
        const state = await stateOf(upload, ids);
        if (state === undefined) return begin(ids);
        if (state !== "uploading") throw ended(ids);
        if (open === undefined) throw notEnded();
        return open;
      });
    },
  };
}

function ended({ fileId }: UploadIds): AppError {
  return new AppError("UPLOAD_ENDED", "the upload of this idempotency key has ended: its file is stored", {
    details: { file_id: fileId },
  });
}

function notEnded(): AppError {
  return new AppError("CONCURRENT_CHANGE", "an upload of this idempotency key has not ended yet: try again later");
}

/** The same key of the same person gives the same ids, and nobody else's does. */
function idsOf({ ownerId, key }: KeyedUpload): UploadIds {
  const digest = createHash("sha256").update(`commonhold upload\0${ownerId}\0${key}`).digest();
  return {
    fileId: uuidV8(digest.subarray(0, 16)) as FileId,
    uploadId: uuidV8(digest.subarray(16, 32)) as UploadId,
  };
}

/** @param storedBytes -1 where it is on its way, and its length is not known */
function refuseOtherSize({ sizeBytes }: KeyedUpload, storedBytes: number): void {
  if (sizeBytes === undefined || storedBytes === -1 || sizeBytes === storedBytes) return;
  throw new AppError(
    "INVALID_REQUEST",
    `this idempotency key was used for a file of ${storedBytes} bytes, not ${sizeBytes}: use a new one`,
    { details: { in: "header", field: "idempotency-key" } },
  );
}
