import { read as readByCallback, readSync, write as writeByCallback } from "node:fs";
import { promisify } from "node:util";
import type { ReadableFile } from "./chunk-files.ts";
import type { DiskPace } from "./disk-pace.ts";

/** A chunk that lies in a pack, with its header: it is there sooner than another thread would have begun. */
const SMALL_READ_BYTES = 80 * 1024;

const readLater = promisify(readByCallback) as (
  fd: number,
  options: { readonly buffer: Uint8Array; readonly position: number },
) => Promise<{ bytesRead: number }>;
const writeLater = promisify(writeByCallback) as (
  fd: number,
  bytes: Uint8Array,
  options: { readonly position: number },
) => Promise<{ bytesWritten: number }>;

/** A descriptor as a file that is read here and there. */
export function readableFile(fd: number, pace: DiskPace, close: () => Promise<void>): ReadableFile {
  async function readAt(position: number, buffer: Uint8Array): Promise<number> {
    const later = async (): Promise<number> => (await readLater(fd, { buffer, position })).bytesRead;
    if (buffer.length > SMALL_READ_BYTES) return await later();
    return await pace.run(() => readSync(fd, buffer, { position }), later);
  }
  return {
    async read(offset, target) {
      let length = 0;
      while (length < target.length) {
        const bytesRead = await readAt(offset + length, target.subarray(length));
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return length;
    },
    close,
  };
}

/** Writes all of `bytes` at `position`. */
export async function writeAt(fd: number, position: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await writeLater(fd, bytes.subarray(at), { position: position + at })).bytesWritten;
  }
}
