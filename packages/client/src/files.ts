import { count, nothing, nullable, object, optional, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const FILES_PER_PAGE = 500;

/** A file as the coordinator shows it. Times are ISO 8601 text. */
export const fileObject = object({
  file_id: text,
  filename: text,
  size_bytes: count,
  content_type: optional(nullable(text)),
  /** Merkle root over the SHA-256 of the plaintext chunks, hex. */
  content_id: optional(nullable(text)),
  chunk_size: count,
  chunk_count: count,
  copies: count,
  created_at: text,
  completed_at: optional(nullable(text)),
  /** Of its chunks: copies promised, copies that the worst chunk has, copies still to be made. */
  replicas: optional(object({ promised: count, min: count, pending: count })),
});

export type FileObject = Read<typeof fileObject>;

export type FileSort = "name" | "-name" | "created_at" | "-created_at" | "size_bytes" | "-size_bytes";

export interface ListFilesOptions {
  readonly sort?: FileSort;
  /** Only names that contain this. */
  readonly nameContains?: string;
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

export interface Files {
  list(options?: ListFilesOptions): AsyncIterable<FileObject>;
  /** @throws AppError FILE_NOT_FOUND */
  stat(fileId: string, signal?: AbortSignal): Promise<FileObject>;
  /** @throws AppError FILE_NOT_FOUND */
  remove(fileId: string, signal?: AbortSignal): Promise<void>;
}

export function createFiles(deps: { readonly transport: HttpTransport }): Files {
  const { transport } = deps;
  const pathOf = (fileId: string) => `/api/v1/files/${encodeURIComponent(fileId)}`;
  return {
    list: (options = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/files",
          query: { limit: options.pageSize ?? FILES_PER_PAGE, sort: options.sort, name: options.nameContains },
          ...withSignal(options.signal),
        },
        fileObject,
      ),
    stat: (fileId, signal) =>
      transport.call({ method: "GET", path: pathOf(fileId), ...withSignal(signal) }, fileObject),
    remove: (fileId, signal) =>
      transport.call({ method: "DELETE", path: pathOf(fileId), ...withSignal(signal) }, nothing),
  };
}
