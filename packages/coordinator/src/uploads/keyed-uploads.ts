import { createHash } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { type FileId, type UploadId, type UserId, uuidV8 } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { FileState } from "@commonhold/metadata/tables.ts";

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
   *   of it was cut off and is not cleared away yet, and whatever `store` throws
   */
  storeOnce(upload: KeyedUpload, store: (ids: UploadIds) => Promise<string>): Promise<string>;
  /**
   * Begins an upload unless that of this key is there.
   * @param find the upload of an earlier beginning
   * @throws AppError INVALID_REQUEST and UPLOAD_ENDED where the key stands for another file or one that is complete
   */
  beginOnce<T extends { readonly sizeBytes: number }>(
    upload: KeyedUpload,
    steps: {
      readonly find: (id: UploadId) => Promise<T | undefined>;
      readonly begin: (ids: UploadIds) => Promise<T>;
    },
  ): Promise<T>;
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

  const stored = (fileId: FileId): Promise<StoredFile | undefined> =>
    metadata.read.selectFrom("files").select(["state", "size_bytes"]).where("id", "=", fileId).executeTakeFirst();

  return {
    storeOnce: (upload, store) => {
      const ids = idsOf(upload);
      return alone(ids.fileId, async () => {
        const file = await stored(ids.fileId);
        if (file === undefined) return store(ids);
        if (file.state === "uploading") {
          throw new AppError(
            "CONCURRENT_CHANGE",
            "an upload of this idempotency key has not ended yet: try again later",
          );
        }
        refuseOtherSize(upload, file.size_bytes);
        return ids.fileId;
      });
    },

    beginOnce: (upload, { find, begin }) => {
      const ids = idsOf(upload);
      return alone(ids.fileId, async () => {
        const found = await find(ids.uploadId);
        if (found !== undefined) {
          refuseOtherSize(upload, found.sizeBytes);
          return found;
        }
        if ((await stored(ids.fileId)) === undefined) return begin(ids);
        throw new AppError("UPLOAD_ENDED", "the upload of this idempotency key has ended: its file is stored", {
          details: { file_id: ids.fileId },
        });
      });
    },
  };
}

interface StoredFile {
  readonly state: FileState;
  readonly size_bytes: number;
}

/** The same key of the same person gives the same ids, and nobody else's does. */
function idsOf({ ownerId, key }: KeyedUpload): UploadIds {
  const digest = createHash("sha256").update(`commonhold upload\0${ownerId}\0${key}`).digest();
  return {
    fileId: uuidV8(digest.subarray(0, 16)) as FileId,
    uploadId: uuidV8(digest.subarray(16, 32)) as UploadId,
  };
}

function refuseOtherSize({ sizeBytes }: KeyedUpload, storedBytes: number): void {
  if (sizeBytes === undefined || sizeBytes === storedBytes) return;
  throw new AppError(
    "INVALID_REQUEST",
    `this idempotency key was used for a file of ${storedBytes} bytes, not ${sizeBytes}: use a new one`,
    { details: { in: "header", field: "idempotency-key" } },
  );
}
