import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toStorageError } from "./storage-error.ts";

/**
 * Replaces a file so that after a crash either the old or the new content is there, whole: temporary file beside it,
 * fsync, rename, fsync of the folder. The promise resolves once the new content would survive a power cut.
 * @param mode permission bits, lessened by the process's umask; 0o600 for anything secret
 * @throws AppError NO_SPACE or STORAGE_FAILURE; the old file is then untouched and the temporary one removed
 */
export async function writeFileDurably(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
  const temporary = await writeTemporaryFile(path, content, mode);
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw toStorageError(error, `Could not replace "${path}"`);
  }
}

/** Writes and fsyncs a new file beside `path`, for a rename or link to that name; returns its own path. */
export async function writeTemporaryFile(path: string, content: Uint8Array | string, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw toStorageError(error, `Could not write "${path}"`);
  }
}

/** Makes names created, renamed or removed in a folder durable. Windows keeps them so by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
