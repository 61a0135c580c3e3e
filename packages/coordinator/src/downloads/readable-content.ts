import { openFileKey } from "../files/file-key.ts";
import type { FileRecord } from "../files/file-record.ts";
import type { ReadableContent } from "./file-reader.ts";

/** What is needed to read a file. @throws AppError KEY_MISMATCH */
export function contentOf(file: FileRecord, masterKey: Uint8Array): ReadableContent {
  return {
    fileId: file.id,
    fileKey: openFileKey(file.sealedKey, file.id, masterKey),
    sizeBytes: file.sizeBytes,
    chunkSizeBytes: file.chunkSizeBytes,
  };
}
