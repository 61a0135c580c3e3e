import type { Dir } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, rename, statfs, unlink } from "node:fs/promises";
import type { Clock } from "@commonhold/core/clock.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { ChunkFiles, FolderEntry, NewFile } from "./chunk-files.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const FOLDER_BATCH = 64;

export interface NodeChunkFilesDeps {
  readonly clock: Clock;
  /** Told how long each fsync took, of files and of folders. */
  readonly onSync?: (durationMs: number) => void;
}

/** The real file system. */
export function createNodeChunkFiles(deps: NodeChunkFilesDeps): ChunkFiles {
  async function timedSync(handle: FileHandle): Promise<void> {
    const startedMs = deps.clock.monotonicMs();
    await handle.sync();
    deps.onSync?.(deps.clock.monotonicMs() - startedMs);
  }

  return {
    async create(path) {
      return newFile(await open(path, "wx", FILE_MODE), timedSync);
    },
    rename,
    async remove(path) {
      return (await orMissing(unlink(path).then(() => true))) ?? false;
    },
    async makeFolder(path) {
      try {
        await mkdir(path, { mode: FOLDER_MODE });
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
    },
    async syncFolder(path) {
      // Windows can neither open nor sync a folder; its file system journals renames.
      if (process.platform === "win32") return;
      const handle = await open(path, "r");
      try {
        await timedSync(handle);
      } finally {
        await handle.close();
      }
    },
    read: readFirst,
    async facts(path) {
      const stat = await orMissing(lstat(path));
      return stat?.isFile() === true ? { sizeBytes: stat.size, modifiedAtMs: Math.trunc(stat.mtimeMs) } : undefined;
    },
    entries,
    async freeBytes(path) {
      const stat = await statfs(path);
      return stat.bavail * stat.bsize;
    },
  };
}

function newFile(handle: FileHandle, timedSync: (handle: FileHandle) => Promise<void>): NewFile {
  return {
    async write(bytes) {
      for (let offset = 0; offset < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
        offset += bytesWritten;
      }
    },
    sync: () => timedSync(handle),
    close: () => handle.close(),
  };
}

async function readFirst(path: string, target: Uint8Array): Promise<Uint8Array | undefined> {
  const handle = await orMissing(open(path, "r"));
  if (handle === undefined) return undefined;
  try {
    let length = 0;
    while (length < target.length) {
      const { bytesRead } = await handle.read(target, length, target.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return target.subarray(0, length);
  } finally {
    await handle.close();
  }
}

async function* entries(path: string): AsyncIterable<FolderEntry> {
  const folder: Dir | undefined = await orMissing(opendir(path, { bufferSize: FOLDER_BATCH }));
  if (folder === undefined) return;
  for await (const entry of folder) {
    yield { name: entry.name, kind: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other" };
  }
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
