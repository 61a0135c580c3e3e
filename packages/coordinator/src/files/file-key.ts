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

/** As `sealFileKey`, in the base64 that commands take. */
export function sealFileKeyText(
  file: { readonly fileId: string; readonly fileKey: Uint8Array },
  deps: { readonly masterKey: Uint8Array; readonly random: Random },
): string {
  return Buffer.from(sealFileKey(file, deps.masterKey, deps.random)).toString("base64");
}

/** @throws AppError KEY_MISMATCH where it was changed, moved, or sealed under another master key */
export function openFileKey(sealedKey: Uint8Array, fileId: string, masterKey: Uint8Array): Uint8Array {
  return unwrapKey(sealedKey, masterKey, purposeOf(fileId));
}
