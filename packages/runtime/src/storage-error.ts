import { AppError } from "@commonhold/core/app-error.ts";

const NO_SPACE_ERRNOS: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** The system's name of an error ("ENOENT"), undefined where it has none. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * A failed disk operation as an `AppError`: NO_SPACE for a full disk or a spent quota, else STORAGE_FAILURE. An
 * `AppError` is passed through.
 * @param failure what could not be done, with the path: `Could not write "/data/x"`
 */
export function toStorageError(error: unknown, failure: string): AppError {
  if (error instanceof AppError) return error;
  const errno = errnoOf(error);
  if (NO_SPACE_ERRNOS.has(errno)) {
    return new AppError("NO_SPACE", `${failure}: the disk is full; free some space and try again`, { cause: error });
  }
  const reason = errno === undefined ? "" : ` (${errno})`;
  return new AppError("STORAGE_FAILURE", `${failure}${reason}; check the disk and the folder's permissions`, {
    cause: error,
  });
}
