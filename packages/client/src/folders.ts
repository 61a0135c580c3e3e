import { list, nothing, nullable, object, optional, type Read, text } from "./answer.ts";
import { fileObject } from "./files.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const ITEMS_PER_PAGE = 500;

/** A folder as the coordinator shows it. Times are ISO 8601 text. */
export const folderObject = object({
  id: text,
  name: text,
  /** Null: in the root. */
  parent_id: nullable(text),
  created_at: text,
  /** Of a deleted folder: since when, and until when it can be restored. */
  deleted_at: optional(text),
  gone_at: optional(text),
});

const path = list(object({ id: text, name: text }));

/** With the folders from the root to the folder itself; the root has no id and no name. */
const folderWithPath = object({
  id: nullable(text),
  name: text,
  parent_id: nullable(text),
  created_at: nullable(text),
  path,
});

const searchHit = object({
  /** file or folder. */
  kind: text,
  file: optional(fileObject),
  folder: optional(folderObject),
  /** The folders in which it lies, from the root. */
  path,
});

export type FolderObject = Read<typeof folderObject>;
export type FolderWithPath = Read<typeof folderWithPath>;
export type SearchHit = Read<typeof searchHit>;

export interface ListFoldersOptions {
  /** A folder's id, or "root"; without it the root. */
  readonly parent?: string;
  /** Folders that were deleted and can still be restored, in place of those that are there. */
  readonly deleted?: boolean;
  readonly signal?: AbortSignal;
}

/** Where a folder goes; what is left out stays. */
export interface FolderMove {
  readonly name?: string;
  /** Null: into the root. */
  readonly parentId?: string | null;
}

/** `parentId` null is the root. */
export interface Folders {
  /** @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN */
  create(name: string, parentId: string | null, signal?: AbortSignal): Promise<FolderObject>;
  /** The folder at the end of a path, "a/b", made where it is missing. @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN */
  ensure(path: string, parentId: string | null, signal?: AbortSignal): Promise<FolderObject>;
  /** By name. */
  list(options?: ListFoldersOptions): AsyncIterable<FolderObject>;
  /** @throws AppError FOLDER_NOT_FOUND */
  stat(folderId: string, signal?: AbortSignal): Promise<FolderWithPath>;
  /** By its path from the root, "/a/b". @throws AppError FOLDER_NOT_FOUND */
  at(path: string, signal?: AbortSignal): Promise<FolderWithPath>;
  /** @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, INVALID_REQUEST into itself */
  move(folderId: string, move: FolderMove, signal?: AbortSignal): Promise<FolderObject>;
  /** With all that lies in it. @throws AppError FOLDER_NOT_FOUND */
  remove(folderId: string, signal?: AbortSignal): Promise<void>;
  /** With all that was deleted with it. @throws AppError FOLDER_NOT_FOUND, INSUFFICIENT_CREDITS */
  restore(folderId: string, signal?: AbortSignal): Promise<FolderObject>;
  /** Files and folders whose names have the text in them, those that were named last first. */
  search(text: string, signal?: AbortSignal): AsyncIterable<SearchHit>;
}

export function createFolders(deps: { readonly transport: HttpTransport }): Folders {
  const { transport } = deps;
  const root = "/api/v1/folders";
  const pathOf = (folderId: string) => `${root}/${encodeURIComponent(folderId)}`;
  return {
    create: (name, parentId, signal) =>
      transport.call(
        { method: "POST", path: root, body: { name, parent_id: parentId }, ...withSignal(signal) },
        folderObject,
      ),
    ensure: (wanted, parentId, signal) =>
      transport.call(
        {
          method: "POST",
          path: `${root}/ensure`,
          body: { path: wanted, parent_id: parentId },
          ...withSignal(signal),
        },
        folderObject,
      ),
    list: ({ parent, deleted, signal } = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: root,
          query: { limit: ITEMS_PER_PAGE, parent, deleted: deleted === true ? "true" : undefined },
          ...withSignal(signal),
        },
        folderObject,
      ),
    stat: (folderId, signal) =>
      transport.call({ method: "GET", path: pathOf(folderId), ...withSignal(signal) }, folderWithPath),
    at: (place, signal) =>
      transport.call(
        { method: "GET", path: `${root}/at`, query: { path: place }, ...withSignal(signal) },
        folderWithPath,
      ),
    move: (folderId, { name, parentId }, signal) =>
      transport.call(
        { method: "PATCH", path: pathOf(folderId), body: { name, parent_id: parentId }, ...withSignal(signal) },
        folderObject,
      ),
    remove: (folderId, signal) =>
      transport.call({ method: "DELETE", path: pathOf(folderId), ...withSignal(signal) }, nothing),
    restore: (folderId, signal) =>
      transport.call({ method: "POST", path: `${pathOf(folderId)}/restore`, ...withSignal(signal) }, folderObject),
    search: (wanted, signal) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/search",
          query: { limit: ITEMS_PER_PAGE, q: wanted },
          ...withSignal(signal),
        },
        searchHit,
      ),
  };
}
