import type { FileObject, Files } from "@commonhold/client/files.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { isUuid } from "@commonhold/core/ids.ts";

/** Enough to show that a name is not unique, and to name the candidates. */
const SAME_NAME_MAX = 10;

/**
 * The files that someone may mean by an id or an exact name, newest first, ten at most.
 * @throws AppError FILE_NOT_FOUND when there is none
 */
export async function findFiles(files: Files, nameOrId: string, signal: AbortSignal): Promise<readonly FileObject[]> {
  if (isUuid(nameOrId)) {
    try {
      return [await files.stat(nameOrId, signal)];
    } catch (error) {
      if (!hasCode(error, "FILE_NOT_FOUND", "NOT_FOUND")) throw error;
    }
  }
  const name = nameOrId.normalize("NFC");
  const found: FileObject[] = [];
  for await (const file of files.list({ nameContains: name, sort: "-created_at", signal })) {
    if (file.filename === name) found.push(file);
    if (found.length === SAME_NAME_MAX) break;
  }
  if (found.length > 0) return found;
  throw new AppError("FILE_NOT_FOUND", `there is no file "${nameOrId}": "commonhold ls" shows what is there`);
}
