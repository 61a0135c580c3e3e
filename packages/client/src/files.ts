import type { Priority } from "@commonhold/core/priority.ts";
import { count, list, nothing, nullable, object, optional, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const FILES_PER_PAGE = 500;

/** A file as the coordinator shows it. Times are ISO 8601 text. */
export const fileObject = object({
  file_id: text,
  /** Without its folders. */
  filename: text,
  /** Null: in the root. */
  folder_id: optional(nullable(text)),
  /** The same for all versions of a file; the highest version is the newest. */
  entry_id: optional(text),
  version: optional(count),
  version_count: optional(count),
  size_bytes: count,
  content_type: optional(nullable(text)),
  /** Merkle root over the SHA-256 of the plaintext chunks, hex. */
  content_id: optional(nullable(text)),
  chunk_size: count,
  chunk_count: count,
  copies: count,
  /** expendable, low, normal, high or critical. */
  priority: optional(text),
  created_at: text,
  completed_at: optional(nullable(text)),
  /** Of a deleted file: since when, and until when it can be restored. */
  deleted_at: optional(text),
  gone_at: optional(text),
  /** Of its chunks: copies promised, copies that the worst chunk has, copies still to be made. */
  replicas: optional(object({ promised: count, min: count, pending: count })),
  /** Ids of nodes that hold a copy whatever else happens. */
  pins: optional(list(text)),
  /** The worst that is true of any chunk, and how many chunks lack copies or cannot be read now. */
  health: optional(object({ state: text, chunks_short: count, chunks_unreadable: count })),
});

export type FileObject = Read<typeof fileObject>;

export type FileSort = "name" | "-name" | "created_at" | "-created_at" | "size_bytes" | "-size_bytes";

export interface ListFilesOptions {
  readonly sort?: FileSort;
  /** Only names that contain this. */
  readonly nameContains?: string;
  /** Only those that lie in it: a folder's id, or "root". */
  readonly folder?: string;
  /** Files that were deleted and can still be restored, in place of those that are there. */
  readonly deleted?: boolean;
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

/** How safely a file is kept; what is left out stays. */
export interface Redundancy {
  readonly priority?: Priority;
  readonly copies?: number;
}

/** Where a file goes; what is left out stays. */
export interface FileMove {
  readonly name?: string;
  /** Null: into the root. */
  readonly folderId?: string | null;
}

export interface PinOutcome {
  /** That the node takes no copy now, and until when; undefined where it does. */
  readonly warning: string | undefined;
}

const versionList = object({ items: list(fileObject) });
const pinAnswer = object({ warning: nullable(text) });

export interface Files {
  list(options?: ListFilesOptions): AsyncIterable<FileObject>;
  /** @throws AppError FILE_NOT_FOUND */
  stat(fileId: string, signal?: AbortSignal): Promise<FileObject>;
  /** All versions of a file, by the id of any, the newest first. @throws AppError FILE_NOT_FOUND */
  versions(fileId: string, signal?: AbortSignal): Promise<readonly FileObject[]>;
  /** Makes an older version the newest. @throws AppError FILE_NOT_FOUND */
  makeCurrent(fileId: string, signal?: AbortSignal): Promise<FileObject>;
  /** With all versions. @throws AppError FILE_NOT_FOUND, FOLDER_NOT_FOUND, NAME_TAKEN */
  move(fileId: string, move: FileMove, signal?: AbortSignal): Promise<FileObject>;
  /** The newest version with all others, an older one alone. @throws AppError FILE_NOT_FOUND */
  remove(fileId: string, signal?: AbortSignal): Promise<void>;
  /** Brings a deleted file back. @throws AppError FILE_NOT_FOUND also once it is gone */
  restore(fileId: string, signal?: AbortSignal): Promise<FileObject>;
  /** @throws AppError FILE_NOT_FOUND, NOT_ENOUGH_NODES, INSUFFICIENT_CREDITS */
  setRedundancy(fileId: string, redundancy: Redundancy, signal?: AbortSignal): Promise<FileObject>;
  /** Keeps a copy on that node whatever else happens. @throws AppError FILE_NOT_FOUND, NODE_NOT_FOUND */
  pin(fileId: string, nodeId: string, signal?: AbortSignal): Promise<PinOutcome>;
  /** @throws AppError FILE_NOT_FOUND, NODE_NOT_FOUND */
  unpin(fileId: string, nodeId: string, signal?: AbortSignal): Promise<void>;
}

export function createFiles(deps: { readonly transport: HttpTransport }): Files {
  const { transport } = deps;
  const pathOf = (fileId: string) => `/api/v1/files/${encodeURIComponent(fileId)}`;
  const pinPath = (fileId: string, nodeId: string) => `${pathOf(fileId)}/pins/${encodeURIComponent(nodeId)}`;
  return {
    list: (options = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/files",
          query: {
            limit: options.pageSize ?? FILES_PER_PAGE,
            sort: options.sort,
            name: options.nameContains,
            folder: options.folder,
            deleted: options.deleted === true ? "true" : undefined,
          },
          ...withSignal(options.signal),
        },
        fileObject,
      ),
    stat: (fileId, signal) =>
      transport.call({ method: "GET", path: pathOf(fileId), ...withSignal(signal) }, fileObject),
    versions: async (fileId, signal) => {
      const request = { method: "GET", path: `${pathOf(fileId)}/versions`, ...withSignal(signal) } as const;
      return (await transport.call(request, versionList)).items;
    },
    makeCurrent: (fileId, signal) =>
      transport.call({ method: "POST", path: `${pathOf(fileId)}/make-current`, ...withSignal(signal) }, fileObject),
    move: (fileId, { name, folderId }, signal) =>
      transport.call(
        { method: "PATCH", path: pathOf(fileId), body: { name, folder_id: folderId }, ...withSignal(signal) },
        fileObject,
      ),
    remove: (fileId, signal) =>
      transport.call({ method: "DELETE", path: pathOf(fileId), ...withSignal(signal) }, nothing),
    restore: (fileId, signal) =>
      transport.call({ method: "POST", path: `${pathOf(fileId)}/restore`, ...withSignal(signal) }, fileObject),
    setRedundancy: (fileId, { priority, copies }, signal) =>
      transport.call(
        { method: "PATCH", path: pathOf(fileId), body: { priority, copies }, ...withSignal(signal) },
        fileObject,
      ),
    pin: async (fileId, nodeId, signal) => {
      const request = { method: "PUT", path: pinPath(fileId, nodeId), ...withSignal(signal) } as const;
      return { warning: (await transport.call(request, optional(pinAnswer)))?.warning ?? undefined };
    },
    unpin: (fileId, nodeId, signal) =>
      transport.call({ method: "DELETE", path: pinPath(fileId, nodeId), ...withSignal(signal) }, nothing),
  };
}
