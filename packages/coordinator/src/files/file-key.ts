import { unwrapKey, wrapKey } from "@commonhold/chunk/key-wrap.ts";
import type { Random } from "@commonhold/core/random.ts";

/** Names the file, so that a key moved to another file's row does not open. */
function purposeOf(fileId: string): string {
  return `file key ${fileId}`;
}

/** A file's key as the metadata keeps it, sealed under the master key. */
export function sealFileKey(
  file: { readonly fileId: string; readonly fileKey: Uint8Array },
  masterKey: Uint8Array,
  random: Random,
): Uint8Array {
  return wrapKey(file.fileKey, masterKey, purposeOf(file.fileId), random);
}

/** @throws AppError KEY_MISMATCH where it was changed, moved, or sealed under another master key */
export function openFileKey(sealedKey: Uint8Array, fileId: string, masterKey: Uint8Array): Uint8Array {
  return unwrapKey(sealedKey, masterKey, purposeOf(fileId));
}
