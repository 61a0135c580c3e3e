import type { FileObject, Files } from "@commonhold/client/files.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { usageError } from "../../usage.ts";

const FILES_MAX = 500_000;

export interface FilesToFind {
  readonly signal: AbortSignal;
  /** Those that were removed and can be restored, in place of those that are there. */
  readonly deleted?: boolean;
}

/**
 * The files whose names begin with `folder/`, newest first; none where there is no such folder.
 * @throws AppError INVALID_REQUEST for a name that is none, or a folder of more than half a million files
 */
export async function findFolder(files: Files, folder: string, kind: FilesToFind): Promise<readonly FileObject[]> {
  const name = folder.normalize("NFC").replace(/\/+$/, "");
  if (name === "") throw usageError(`"${folder}" names no folder: "commonhold ls" shows the names of your files`);
  const found: FileObject[] = [];
  for await (const file of files.list({ nameContains: `${name}/`, sort: "-created_at", ...kind })) {
    if (!file.filename.startsWith(`${name}/`)) continue;
    if (found.length >= FILES_MAX)
      throw usageError(`"${folder}" holds more than ${FILES_MAX} files: name the folders in it one by one`);
    found.push(file);
  }
  return found;
}

/** For a name with a slash at its end that no file's name begins with. */
export function noFolder(folder: string): AppError {
  return new AppError("FILE_NOT_FOUND", `there is no folder "${folder}": "commonhold ls" shows what is there`);
}
