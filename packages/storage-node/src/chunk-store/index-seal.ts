import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";

const READ_BYTES = 1024 * 1024;

/**
 * The SHA-256 of a closed index stands beside it: SQLite does not notice a byte that changed within a name or a
 * length, and a node must neither miss a chunk that it has nor serve one by a wrong length.
 */
export function sealOf(indexFile: string): string {
  return `${indexFile}.sha256`;
}

/** Never throws: an index without its seal is as good as before there were any, and is checked as SQLite can. */
export function sealIndexFile(indexFile: string): void {
  try {
    writeFileSync(sealOf(indexFile), `${digestOf(indexFile)}\n`, { mode: 0o600 });
  } catch {
    // As above.
  }
}

/** Whether the index is as it was when it was closed. One that was never sealed has nothing to differ from. */
export function matchesSeal(indexFile: string): boolean {
  let sealed: string;
  try {
    sealed = readFileSync(sealOf(indexFile), "utf8").trim();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    throw error;
  }
  return sealed === digestOf(indexFile);
}

function digestOf(file: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(READ_BYTES);
  const descriptor = openSync(file, "r");
  try {
    for (let length = 1; length > 0; ) {
      length = readSync(descriptor, piece, 0, piece.length, null);
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}
