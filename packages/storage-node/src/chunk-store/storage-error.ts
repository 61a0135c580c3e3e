import { AppError } from "@commonhold/core/app-error.ts";
import { toStorageError } from "@commonhold/runtime/storage-error.ts";

const SQLITE_FULL = 13;

/** By these a medium says that it cannot give back what was written there. */
export const MEDIUM_ERRNOS: ReadonlySet<string | undefined> = new Set([
  "EIO",
  "EREMOTEIO",
  "EBADMSG",
  "EUCLEAN",
  "EILSEQ",
]);

/**
 * A failed call to the file system or the index as an `AppError`: NO_SPACE where the medium or the account is full,
 * else STORAGE_FAILURE. An `AppError` is handed on as it is.
 * @param doing what was being done, as in "store chunk ab…"
 */
export function storageError(error: unknown, doing: string): AppError {
  const failure = `Could not ${doing}`;
  if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_FULL) {
    return new AppError("NO_SPACE", `${failure}: the disk is full; free some space and try again`, { cause: error });
  }
  return toStorageError(error, failure);
}
