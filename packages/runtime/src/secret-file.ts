import { link, open } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { removeTemporaryFile, syncFolder, writeFileDurably, writeTemporaryFile } from "./atomic-file.ts";
import { errnoOf, toStorageError } from "./storage-error.ts";

const SECRET_MODE = 0o600;
const OTHERS_MASK = 0o077;
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * The content of a secret's file.
 * @throws AppError INVALID_CONFIG where the file is missing, readable by others (says `chmod 600 PATH`), empty, or
 * over 64 KiB; STORAGE_FAILURE where it cannot be read
 */
export async function readSecretFile(path: string): Promise<Uint8Array> {
  const secret = await readSecretFileIfPresent(path);
  if (secret !== undefined) return secret;
  throw new AppError("INVALID_CONFIG", `There is no secret in "${path}": no such file`);
}

/** Like `readSecretFile`, but a missing file is undefined. */
export async function readSecretFileIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const { mode, size } = await file.stat();
      checkMode(path, mode);
      checkSize(path, size);
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw toStorageError(error, `Could not read the secret in "${path}"`);
  }
}

/**
 * The content of a secret's file, which is made first where it is missing. Of several processes that do this at
 * once, one creates the file and all return its content; no crash leaves a part of it.
 */
export async function readOrCreateSecretFile(path: string, make: () => Uint8Array | string): Promise<Uint8Array> {
  const present = await readSecretFileIfPresent(path);
  if (present !== undefined) return present;
  const temporary = await writeTemporaryFile(path, make(), SECRET_MODE);
  try {
    // Unlike rename, link fails where another process was faster.
    await link(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw toStorageError(error, `Could not create the secret in "${path}"`);
  } finally {
    await removeTemporaryFile(temporary);
  }
  return readSecretFile(path);
}

/** Creates or replaces a secret's file, mode 0600, durably. */
export async function writeSecretFile(path: string, content: Uint8Array | string): Promise<void> {
  await writeFileDurably(path, content, SECRET_MODE);
}

function checkMode(path: string, mode: number): void {
  if (process.platform === "win32" || (mode & OTHERS_MASK) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  throw new AppError(
    "INVALID_CONFIG",
    `Others on this machine may use the secret in "${path}" (mode ${shown}). Run: chmod 600 ${shellWord(path)}`,
    { details: { path, mode: shown } },
  );
}

function checkSize(path: string, size: number): void {
  if (size > 0 && size <= SECRET_BYTES_MAX) return;
  throw new AppError(
    "INVALID_CONFIG",
    `"${path}" holds ${size} bytes, a secret's file holds 1 to ${SECRET_BYTES_MAX}: restore it from a backup`,
    { details: { path, size } },
  );
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
