import { AppError } from "@commonhold/core/app-error.ts";

/** What the file system refused, as an AppError that says in words why. */
export function storageError(doing: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new AppError("NO_SPACE", `${doing} failed: no space is left there. Free some, or choose another place`, {
      cause,
    });
  }
  const reason = typeof code === "string" ? (REASONS[code] ?? code) : String(cause);
  return new AppError("STORAGE_FAILURE", `${doing} failed: ${reason}`, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "you have no permission for it",
  EPERM: "you have no permission for it",
  ENOENT: "it does not exist",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EROFS: "the disk is read-only",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
};
