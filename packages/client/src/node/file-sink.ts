import { type FileHandle, open } from "node:fs/promises";
import type { FileSink } from "../file-sink.ts";
import { storageError } from "./storage-error.ts";

export interface OpenFileSink extends FileSink {
  /** How long the file was at the opening. */
  readonly sizeBytes: number;
  /** Makes what was written durable and closes the file. */
  finish(): Promise<void>;
  /** Closes the file as it is. */
  close(): Promise<void>;
}

/**
 * A file on disk for a download, made where it does not exist; writing begins at its end.
 * @throws AppError STORAGE_FAILURE, NO_SPACE
 */
export async function openFileSink(path: string): Promise<OpenFileSink> {
  const failed = (doing: string) => (error: unknown) => {
    throw storageError(`${doing} ${path}`, error);
  };
  const handle: FileHandle = await open(path, "a").catch(failed("creating"));
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    async write(bytes) {
      for (let written = 0; written < bytes.length; ) {
        const result = await handle.write(bytes, written, bytes.length - written).catch(failed("writing"));
        written += result.bytesWritten;
      }
    },
    truncate: (length) => handle.truncate(length).catch(failed("writing")),
    async finish() {
      await handle.sync().catch(failed("writing"));
      await handle.close();
    },
    close: () => handle.close(),
  };
}
