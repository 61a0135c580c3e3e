import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { DurableFolders } from "./durable-folders.ts";
import { chunkPath, leafFolder, type StoreLayout } from "./store-layout.ts";

export interface WriteChunksDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
  /** Called once with the chunks whose files are on the medium under their names; when it throws, those are taken back. */
  readonly onDurable: (chunks: readonly ChunkToWrite[]) => void;
  /** Called when a failure took away the file under the chunk's name, also the one that was there before. */
  readonly onWithdrawn: (name: ChunkName) => void;
  /** Told when cleaning up after a failure failed too. */
  readonly onRemainder: (name: ChunkName, error: unknown) => void;
}

export interface ChunkToWrite {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
  /** Name of its file in `tmp/`, used once. */
  readonly temporaryName: string;
}

/** A chunk on its way to the medium. */
interface Writing {
  readonly chunk: ChunkToWrite;
  readonly temporary: string;
  readonly folder: string;
  /** Whether the file under the chunk's name may be another one than before. */
  renaming: boolean;
  failure: { readonly error: unknown } | undefined;
}

/**
 * Writes to `tmp/`, syncs, renames, syncs the folder: a chunk's path never shows anything but the whole chunk. All
 * chunks together, as the medium serves them in one go; a folder of several is synced once.
 * After a failure at any step neither the temporary file nor the chunk's own remains, and the other chunks do.
 * @param chunks of different names
 * @returns what failed, by chunk
 */
export async function writeChunkFiles(
  deps: WriteChunksDeps,
  chunks: readonly ChunkToWrite[],
): Promise<ReadonlyMap<ChunkName, unknown>> {
  const writings = chunks.map((chunk): Writing => {
    const temporary = join(deps.layout.temporary, chunk.temporaryName);
    return { chunk, temporary, folder: leafFolder(deps.layout, chunk.name), renaming: false, failure: undefined };
  });
  await Promise.all(writings.map((writing) => attempt([writing], () => putInPlace(deps, writing))));
  const folders = Map.groupBy(writings.filter(hasNotFailed), ({ folder }) => folder);
  await Promise.all([...folders].map(([folder, inFolder]) => attempt(inFolder, () => syncFolder(deps, folder))));
  const durable = writings.filter(hasNotFailed);
  if (durable.length > 0) await attempt(durable, async () => noteDurable(deps, durable));
  return await takeBackFailed(deps, writings);
}

/** Runs a step that these chunks share, and notes its failure for each. */
async function attempt(writings: readonly Writing[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    for (const writing of writings) writing.failure = { error };
  }
}

function hasNotFailed({ failure }: Writing): boolean {
  return failure === undefined;
}

async function putInPlace({ files, folders, layout }: WriteChunksDeps, writing: Writing): Promise<void> {
  // Both wait for the medium, which serves them in one go.
  const outcomes = await Promise.allSettled([
    writeSynced(files, writing.temporary, writing.chunk.sealed),
    folders.ensure(writing.folder, layout.chunks),
  ]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  writing.renaming = true;
  await files.rename(writing.temporary, chunkPath(layout, writing.chunk.name));
  reachUploadStep("node:chunk-renamed");
}

async function syncFolder({ files }: WriteChunksDeps, folder: string): Promise<void> {
  await files.syncFolder(folder);
  reachUploadStep("node:folder-synced");
}

function noteDurable({ onDurable }: WriteChunksDeps, durable: readonly Writing[]): void {
  onDurable(durable.map(({ chunk }) => chunk));
  reachUploadStep("node:index-written");
}

async function takeBackFailed(
  deps: WriteChunksDeps,
  writings: readonly Writing[],
): Promise<ReadonlyMap<ChunkName, unknown>> {
  const failures = new Map<ChunkName, unknown>();
  for (const { chunk, failure } of writings) if (failure !== undefined) failures.set(chunk.name, failure.error);
  if (failures.size === 0) return failures;
  await Promise.all(writings.filter(({ failure }) => failure !== undefined).map((writing) => takeBack(deps, writing)));
  return failures;
}

async function takeBack(deps: WriteChunksDeps, { chunk, temporary, folder, renaming }: Writing): Promise<void> {
  const { files, folders, layout } = deps;
  const quietly = async (step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      deps.onRemainder(chunk.name, error);
    }
  };
  await quietly(() => files.remove(temporary));
  // Whoever took the folder away is the likeliest reason for a rename that fails.
  folders.forget(folder, layout.chunks);
  if (!renaming) return;
  await quietly(() => files.remove(chunkPath(layout, chunk.name)));
  await quietly(() => deps.onWithdrawn(chunk.name));
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
