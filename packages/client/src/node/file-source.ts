import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { FileSource } from "../file-source.ts";
import { storageError } from "./storage-error.ts";

export interface OpenFileSource extends FileSource {
  /** Milliseconds since 1970. */
  readonly modifiedAtMs: number;
  close(): Promise<void>;
}

/**
 * A file on disk for uploading. Every slice checks that length and times are still those from the opening, so all
 * slices are of one version.
 * @throws AppError STORAGE_FAILURE when it cannot be opened, INVALID_REQUEST when it is no regular file
 */
export async function openFileSource(path: string, name: string = basename(path)): Promise<OpenFileSource> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw storageError(`opening ${path}`, error);
  });
  try {
    const opened = await handle.stat({ bigint: true });
    if (!opened.isFile()) throw new AppError("INVALID_REQUEST", `${path} is no regular file`);
    return {
      name,
      sizeBytes: Number(opened.size),
      modifiedAtMs: Number(opened.mtimeMs),
      async slice(start, end) {
        const bytes = await readAt(handle, path, { start, end });
        const now = await handle.stat({ bigint: true });
        if (now.size !== opened.size || now.mtimeNs !== opened.mtimeNs || now.ctimeNs !== opened.ctimeNs) {
          throw new AppError("CONCURRENT_CHANGE", `${path} changed while it was being uploaded: upload it again`);
        }
        return bytes;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readAt(
  handle: FileHandle,
  path: string,
  range: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(range.end - range.start);
  let length = 0;
  try {
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, range.start + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
  } catch (error) {
    throw storageError(`reading ${path}`, error);
  }
  return bytes.subarray(0, length);
}
