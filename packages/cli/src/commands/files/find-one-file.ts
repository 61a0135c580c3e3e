import type { FileObject } from "@commonhold/client/files.ts";
import { usageError } from "../../usage.ts";
import { findEntry, type Stored } from "./find-entry.ts";

/**
 * The file that a path or an id means.
 * @throws AppError FILE_NOT_FOUND; INVALID_REQUEST for a folder
 */
export async function findOneFile(client: Stored, pathOrId: string, signal: AbortSignal): Promise<FileObject> {
  const entry = await findEntry(client, pathOrId, signal);
  if (entry.kind === "file") return entry.file;
  throw usageError(`"${pathOrId}" is a folder: name a file`);
}
