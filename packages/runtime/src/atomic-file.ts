import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toStorageError } from "./storage-error.ts";

const TEMPORARY_NAME = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Replaces a file so that after a crash either the old or the new content is there, whole: temporary file beside it,
 * fsync, rename, fsync of the folder. The promise resolves once the new content would survive a power cut.
 * @param mode permission bits, lessened by the process's umask; 0o600 for anything secret
 * @throws AppError NO_SPACE or STORAGE_FAILURE; the file is then the old one, or the new one if only the last fsync
 *   failed, and the temporary one is removed, if need be by the next `openDataFolder`
 */
export async function writeFileDurably(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
  const temporary = await writeTemporaryFile(path, content, mode);
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await removeTemporaryFile(temporary);
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
    await removeTemporaryFile(temporary);
    throw toStorageError(error, `Could not write "${path}"`);
  }
}

/** Never throws: what went before matters more, and a file that stays is in nobody's way. */
export async function removeTemporaryFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** Whether a file of this name is what a process that was killed left of `writeTemporaryFile`. */
export function isTemporaryFileName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
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
