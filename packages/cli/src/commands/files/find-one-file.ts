import type { FileObject, Files } from "@commonhold/client/files.ts";
import { formatMoment } from "../../output/format-time.ts";
import { usageError } from "../../usage.ts";
import { findFiles } from "./find-file.ts";

/**
 * The one file that an id or an exact name means.
 * @throws AppError FILE_NOT_FOUND when there is none; a usage error with their ids when there are several
 */
export async function findOneFile(files: Files, nameOrId: string, signal: AbortSignal): Promise<FileObject> {
  const [file, ...others] = await findFiles(files, nameOrId, signal);
  if (file !== undefined && others.length === 0) return file;
  const found = file === undefined ? others : [file, ...others];
  const shown = found.map((candidate) => `${candidate.file_id} of ${formatMoment(candidate.created_at)}`).join(", ");
  throw usageError(`several files are named "${nameOrId}": give an id instead (${shown})`);
}
