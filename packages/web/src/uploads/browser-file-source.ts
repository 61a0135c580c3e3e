import type { FileSource } from "@commonhold/client/file-source.ts";
import { AppError } from "@commonhold/core/app-error.ts";

/** A file of the browser's as what is uploaded: sent part by part by the browser itself, or a slice at a time in memory. */
export function browserFileSource(file: File, name: string): FileSource {
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
      // A file that is not there any more would look like a coordinator that is away.
      await read(start, Math.min(start + 1, end));
      return file.slice(start, end);
    },
  };
}
