import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { isUuid } from "@commonhold/core/ids.ts";
import { usageError } from "../../usage.ts";

const FILES_MAX = 500_000;

export type Stored = Pick<CommonholdClient, "files" | "folders">;

export interface StoredFile {
  readonly kind: "file";
  readonly file: FileObject;
  /** With its folders; of one that was found by its id, its name. */
  readonly path: string;
}

export interface StoredFolder {
  readonly kind: "folder";
  /** Null: the root. */
  readonly id: string | null;
  /** Empty: the root. */
  readonly path: string;
}

export type Entry = StoredFile | StoredFolder;

/**
 * The file or the folder that a path or an id means; with a slash at its end a folder alone.
 * @throws AppError FILE_NOT_FOUND
 */
export async function findEntry(client: Stored, pathOrId: string, signal: AbortSignal): Promise<Entry> {
  if (isUuid(pathOrId)) {
    const found = await entryOfId(client, pathOrId, signal);
    if (found !== undefined) return found;
  }
  const path = pathOrId.normalize("NFC").replace(/^\/+/, "");
  const file = path === "" || path.endsWith("/") ? undefined : await fileAt(client, path, signal);
  if (file !== undefined) return { kind: "file", file, path };
  const folder = await folderAt(client, path.replace(/\/+$/, ""), signal);
  if (folder !== undefined) return folder;
  throw new AppError("FILE_NOT_FOUND", `there is no file or folder "${pathOrId}": "commonhold ls" shows what is there`);
}

/** undefined where there is none. */
export async function folderAt(client: Stored, path: string, signal: AbortSignal): Promise<StoredFolder | undefined> {
  try {
    const { id } = await client.folders.at(`/${path}`, signal);
    return { kind: "folder", id, path };
  } catch (error) {
    if (hasCode(error, "FOLDER_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Every file that lies in a folder or below it, with its path; in the order of the folders. */
export async function* filesBelow(
  client: Stored,
  folder: StoredFolder,
  signal: AbortSignal,
): AsyncGenerator<StoredFile, void, void> {
  const waiting: StoredFolder[] = [folder];
  let found = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { path } = next;
    const place = next.id ?? "root";
    for await (const file of client.files.list({ folder: place, sort: "name", signal })) {
      found += 1;
      if (found > FILES_MAX)
        throw usageError(`"${folder.path}" holds more than ${FILES_MAX} files: name the folders in it one by one`);
      yield { kind: "file", file, path: joinPath(path, file.filename) };
    }
    for await (const { id, name } of client.folders.list({ parent: place, signal })) {
      waiting.push({ kind: "folder", id, path: joinPath(path, name) });
    }
  }
}

export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** "a/b" and "c" of "a/b/c". */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

async function entryOfId(client: Stored, id: string, signal: AbortSignal): Promise<Entry | undefined> {
  try {
    const file = await client.files.stat(id, signal);
    return { kind: "file", file, path: file.filename };
  } catch (error) {
    if (!hasCode(error, "FILE_NOT_FOUND", "NOT_FOUND")) throw error;
  }
  try {
    const { path } = await client.folders.stat(id, signal);
    return { kind: "folder", id, path: path.map(({ name }) => name).join("/") };
  } catch (error) {
    if (!hasCode(error, "FOLDER_NOT_FOUND")) throw error;
    return undefined;
  }
}

async function fileAt(client: Stored, path: string, signal: AbortSignal): Promise<FileObject | undefined> {
  const { folder, name } = splitPath(path);
  const place = folder === "" ? undefined : await folderAt(client, folder, signal);
  if (folder !== "" && place === undefined) return undefined;
  const within = { folder: place?.id ?? "root", nameContains: name, sort: "name", signal } as const;
  for await (const file of client.files.list(within)) if (file.filename === name) return file;
  return undefined;
}
