import { AppError } from "@commonhold/core/app-error.ts";
import { toStorageError } from "@commonhold/runtime/storage-error.ts";

/** Primary result codes (the low byte of an extended code) that mean that the storage failed, not the statement. */
const NO_SPACE_CODE = 13;
const STORAGE_ADVICE: ReadonlyMap<number, string> = new Map([
  [5, "another process holds the database: stop it"],
  [6, "another process holds the database: stop it"],
  [7, "the memory is exhausted"],
  [8, "the database is read-only: check the permissions of the file and its folder"],
  [10, "the disk reported an input or output error: check the disk"],
  [11, "the database is damaged: restore it from a backup"],
  [14, "the file cannot be opened: check that its folder exists and may be written"],
  [15, "the write-ahead log is locked by another process: stop it"],
  [26, "the file is no SQLite database, or its header is damaged: restore it from a backup"],
]);

/**
 * SQLite's failure as an `AppError`: NO_SPACE when the disk is full, STORAGE_FAILURE when the disk, the file or its
 * lock failed. Everything else (a constraint, wrong SQL) is a fault of the statement and comes back as it was.
 * @param failure what could not be done: `Could not open "/data/metadata.db"`
 */
export function toSqliteStorageError(error: unknown, failure: string): unknown {
  const code = primaryResultCode(error);
  if (code === undefined) return error;
  if (code === NO_SPACE_CODE) {
    return new AppError("NO_SPACE", `${failure}: the disk is full; free some space and try again`, { cause: error });
  }
  const advice = STORAGE_ADVICE.get(code);
  return advice === undefined ? error : new AppError("STORAGE_FAILURE", `${failure}: ${advice}`, { cause: error });
}

/** As `toSqliteStorageError`, for operations whose every failure is one of storage, like a commit. */
export function asStorageFailure(error: unknown, failure: string): AppError {
  const known = toSqliteStorageError(error, failure);
  if (known instanceof AppError) return known;
  if (primaryResultCode(error) === undefined) return toStorageError(error, failure);
  return new AppError("STORAGE_FAILURE", `${failure}: the database refused; the log has the cause`, { cause: error });
}

function primaryResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}
