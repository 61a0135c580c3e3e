import { mkdir, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { type ChunkName, isChunkName } from "@commonhold/core/ids.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { errnoOf, toStorageError } from "@commonhold/runtime/storage-error.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";

/** Chunks kept durably by the coordinator until a node that was away takes its copy (hinted handoff). */
export interface HandoffSpool {
  readonly usedBytes: number;
  readonly maxBytes: number;
  /**
   * Resolves once the chunk is on disk; false where the spool has no room for it.
   * @throws AppError NO_SPACE or STORAGE_FAILURE; nothing of it is kept then
   */
  put(name: ChunkName, sealed: Uint8Array): Promise<boolean>;
  /** A file that is no longer what was put is removed, and counts as not there, as does one that cannot be read. */
  get(name: ChunkName): Promise<Uint8Array | undefined>;
  /** @throws AppError STORAGE_FAILURE; the chunk is still there then */
  remove(name: ChunkName): Promise<void>;
  has(name: ChunkName): boolean;
  names(): readonly ChunkName[];
}

export async function openHandoffSpool(options: {
  readonly folder: string;
  readonly maxBytes: number;
}): Promise<HandoffSpool> {
  const sizes = await openFolder(options.folder);
  const underWay = new Map<ChunkName, Promise<unknown>>();
  let usedBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const pathOf = (name: ChunkName): string => join(options.folder, name);

  /** One change of a chunk's file at a time, so that a removal cannot take what was written anew. */
  const inTurn = <T>(name: ChunkName, change: () => Promise<T>): Promise<T> => {
    const task = (underWay.get(name) ?? Promise.resolve()).then(change, change);
    const cleared = task.then(
      () => undefined,
      () => undefined,
    );
    underWay.set(name, cleared);
    void cleared.then(() => {
      if (underWay.get(name) === cleared) underWay.delete(name);
    });
    return task;
  };

  const write = async (name: ChunkName, sealed: Uint8Array): Promise<boolean> => {
    if (sizes.has(name)) return true;
    if (usedBytes + sealed.byteLength > options.maxBytes) return false;
    usedBytes += sealed.byteLength;
    try {
      await writeFileDurably(pathOf(name), sealed, 0o600);
      reachUploadStep("coordinator:handoff-spooled");
      sizes.set(name, sealed.byteLength);
      return true;
    } catch (error) {
      usedBytes -= sealed.byteLength;
      // It may be there though its durability is not certain: what is not counted must not fill the disk.
      await rm(pathOf(name), { force: true }).catch(() => undefined);
      throw error;
    }
  };

  const erase = async (name: ChunkName): Promise<void> => {
    const size = sizes.get(name);
    if (size === undefined) return;
    try {
      await rm(pathOf(name), { force: true });
    } catch (error) {
      throw toStorageError(error, `Could not remove "${pathOf(name)}"`);
    }
    sizes.delete(name);
    usedBytes -= size;
  };

  const read = async (name: ChunkName): Promise<Uint8Array | undefined> => {
    if (!sizes.has(name)) return undefined;
    try {
      const bytes = await readFile(pathOf(name));
      if (chunkNameOf(bytes) === name) return bytes;
    } catch (error) {
      // It may be readable the next time.
      if (errnoOf(error) !== "ENOENT") return undefined;
    }
    // One that cannot be removed either is no worse than one that is not there.
    await erase(name).catch(() => undefined);
    return undefined;
  };

  return {
    get usedBytes() {
      return usedBytes;
    },
    maxBytes: options.maxBytes,
    put: (name, sealed) => inTurn(name, () => write(name, sealed)),
    get: (name) => inTurn(name, () => read(name)),
    remove: (name) => inTurn(name, () => erase(name)),
    has: (name) => sizes.has(name),
    names: () => [...sizes.keys()],
  };
}

async function openFolder(folder: string): Promise<Map<ChunkName, number>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await readSizes(folder);
  } catch (error) {
    throw toStorageError(error, `Could not open the hand-off spool "${folder}"`);
  }
}

/** What an interrupted write left behind is removed. */
async function readSizes(folder: string): Promise<Map<ChunkName, number>> {
  const sizes = new Map<ChunkName, number>();
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    if (isChunkName(entry)) sizes.set(entry, (await stat(path)).size);
    else await unlink(path);
  }
  return sizes;
}
