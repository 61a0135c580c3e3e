import type { FileSource } from "@commonhold/client/file-source.ts";
import { AppError } from "@commonhold/core/app-error.ts";

/** A file of the browser's as what is uploaded; a slice at a time is in memory. */
export function browserFileSource(file: File, name: string): FileSource {
  return {
    name,
    sizeBytes: file.size,
    slice: async (start, end) => {
      try {
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (cause) {
        throw new AppError("CONCURRENT_CHANGE", `${name} cannot be read any more: it was changed, moved or removed`, {
          cause,
        });
      }
    },
  };
}
