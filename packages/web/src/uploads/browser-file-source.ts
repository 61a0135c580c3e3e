import type { FileSource } from "@commonhold/client/file-source.ts";
import { AppError } from "@commonhold/core/app-error.ts";

export interface BrowserFileSource extends FileSource {
  /** @throws AppError CONCURRENT_CHANGE where the browser cannot read the file any more */
  check(): Promise<void>;
}

/** A file of the browser's as what is uploaded: sent part by part by the browser itself, or a slice at a time in memory. */
export function browserFileSource(file: File, name: string): BrowserFileSource {
  const read = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    } catch (cause) {
      throw new AppError("CONCURRENT_CHANGE", `${name} cannot be read any more: it was changed, moved or removed`, {
        cause,
      });
    }
  };
  return {
    name,
    sizeBytes: file.size,
    slice: read,
    part: async (start, end) => {
      await read(start, Math.min(start + 1, end));
      return file.slice(start, end);
    },
    check: async () => {
      await read(0, Math.min(1, file.size));
    },
  };
}
