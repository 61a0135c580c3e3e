import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { storageError } from "@commonhold/client/node/storage-error.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { usageError } from "../../usage.ts";

const FILES_MAX = 500_000;

/** A file that is to be stored. */
export interface LocalFile {
  readonly path: string;
  /** The name to store it under. */
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * The files that the arguments mean, folders with everything in them, in the order of their names.
 * @param onSkip called with what is neither a file nor a folder
 * @throws AppError FILE_NOT_FOUND; INVALID_REQUEST for a folder without `recursive`
 */
export async function collectFiles(
  paths: readonly string[],
  options: { readonly recursive: boolean; readonly onSkip: (path: string, why: string) => void },
): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  for (const path of paths) {
    const info = await statOrExplain(path);
    if (info.isDirectory()) {
      if (!options.recursive) throw usageError(`"${path}" is a folder: add -r to store everything in it`);
      await collectFolder({ path, name: basename(resolve(path)) }, files, options.onSkip);
    } else if (info.isFile()) {
      files.push({ path, name: basename(path), sizeBytes: info.size });
    } else {
      throw usageError(`"${path}" is neither a file nor a folder`);
    }
  }
  return files;
}

async function collectFolder(
  folder: { readonly path: string; readonly name: string },
  files: LocalFile[],
  onSkip: (path: string, why: string) => void,
): Promise<void> {
  const entries = await readdir(folder.path, { withFileTypes: true }).catch((error: unknown) => {
    throw storageError(`reading the folder ${folder.path}`, error);
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder.path, entry.name);
    const name = folder.name === "" ? entry.name : `${folder.name}/${entry.name}`;
    if (entry.isDirectory()) {
      await collectFolder({ path, name }, files, onSkip);
    } else if (entry.isFile()) {
      if (files.length >= FILES_MAX)
        throw usageError(`more than ${FILES_MAX} files at once: store the folders one by one`);
      files.push({ path, name, sizeBytes: (await statOrExplain(path)).size });
    } else {
      onSkip(path, entry.isSymbolicLink() ? "it is a symbolic link" : "it is neither a file nor a folder");
    }
  }
}

async function statOrExplain(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw storageError(`looking at ${path}`, error);
    throw new AppError("FILE_NOT_FOUND", `there is no file "${path}" on this machine`, { cause: error });
  }
}
