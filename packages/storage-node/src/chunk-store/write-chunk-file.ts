import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { DurableFolders } from "./durable-folders.ts";
import { chunkPath, leafFolder, type StoreLayout } from "./store-layout.ts";

export interface WriteChunkDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
}

export interface ChunkToWrite {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
  /** Name of its file in `tmp/`, used once. */
  readonly temporaryName: string;
  /** Called once the file is on the medium under its name; when it throws, the file is taken back. */
  readonly onDurable: () => void;
  /** Called when a failure took away the file under the chunk's name, also the one that was there before. */
  readonly onWithdrawn: () => void;
  /** Told when cleaning up after a failure failed too. */
  readonly onRemainder: (error: unknown) => void;
}

/**
 * Writes to `tmp/`, syncs, renames, syncs the folder: a chunk's path never shows anything but the whole chunk.
 * After a failure at any step neither the temporary file nor the chunk's own remains.
 */
export async function writeChunkFile(deps: WriteChunkDeps, chunk: ChunkToWrite): Promise<void> {
  const { files, folders, layout } = deps;
  const temporary = join(layout.temporary, chunk.temporaryName);
  const path = chunkPath(layout, chunk.name);
  const folder = leafFolder(layout, chunk.name);
  let renaming = false;
  try {
    // Both wait for the medium, which serves them in one go.
    const outcomes = await Promise.allSettled([
      writeSynced(files, temporary, chunk.sealed),
      folders.ensure(folder, layout.chunks),
    ]);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    renaming = true;
    await files.rename(temporary, path);
    reachUploadStep("node:chunk-renamed");
    await files.syncFolder(folder);
    reachUploadStep("node:folder-synced");
    chunk.onDurable();
    reachUploadStep("node:index-written");
  } catch (error) {
    await removeQuietly(files, temporary, chunk.onRemainder);
    // Whoever took the folder away is the likeliest reason for a rename that fails.
    folders.forget(folder, layout.chunks);
    if (renaming) {
      await removeQuietly(files, path, chunk.onRemainder);
      chunk.onWithdrawn();
    }
    throw error;
  }
}

async function writeSynced(files: ChunkFiles, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path);
  try {
    reachUploadStep("node:temporary-created");
    await file.write(bytes);
    reachUploadStep("node:temporary-written");
    await file.sync();
    reachUploadStep("node:temporary-synced");
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
}

async function removeQuietly(files: ChunkFiles, path: string, onFailure: (error: unknown) => void): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    onFailure(error);
  }
}
