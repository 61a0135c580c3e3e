import {
  close as closeByCallback,
  closeSync,
  type Dir,
  fsync as fsyncByCallback,
  open as openByCallback,
  openSync,
  renameSync,
  write as writeByCallback,
  writeSync,
} from "node:fs";
import { lstat, mkdir, open, opendir, rename, rmdir, statfs, unlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { Clock } from "@commonhold/core/clock.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { ChunkFiles, FolderEntry, NewFile } from "./chunk-files.ts";
import { DiskPace } from "./disk-pace.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const FOLDER_BATCH = 64;
/** So much is in the system's memory sooner than another thread would have begun. */
const SMALL_WRITE_BYTES = 64 * 1024;

// By number: the promises' file handles cost as much as the calls.
const openLater = promisify<string, string, number | undefined, number>(openByCallback);
const closeLater = promisify(closeByCallback);
const writeLater = promisify(writeByCallback) as (fd: number, bytes: Uint8Array) => Promise<{ bytesWritten: number }>;
const syncToMedium = promisify(fsyncByCallback);

export interface NodeChunkFilesDeps {
  readonly clock: Clock;
  /** Told how long each fsync took, of files and of folders. */
  readonly onSync?: (durationMs: number) => void;
}

/** The real file system. */
export function createNodeChunkFiles(deps: NodeChunkFilesDeps): ChunkFiles {
  const pace = new DiskPace(deps.clock);

  async function timedSync(fd: number): Promise<void> {
    const startedMs = deps.clock.monotonicMs();
    await syncToMedium(fd);
    deps.onSync?.(deps.clock.monotonicMs() - startedMs);
  }

  function close(fd: number): Promise<void> {
    return pace.run(
      () => closeSync(fd),
      () => closeLater(fd),
    );
  }

  function openFile(path: string, flags: string, mode?: number): Promise<number> {
    return pace.run(
      () => openSync(path, flags, mode),
      () => openLater(path, flags, mode),
    );
  }

  function newFile(fd: number): NewFile {
    return {
      async write(bytes) {
        for (let offset = 0; offset < bytes.length; ) {
          const rest = bytes.subarray(offset);
          const later = async (): Promise<number> => (await writeLater(fd, rest)).bytesWritten;
          offset += rest.length > SMALL_WRITE_BYTES ? await later() : await pace.run(() => writeSync(fd, rest), later);
        }
      },
      sync: () => timedSync(fd),
      close: () => close(fd),
    };
  }

  return {
    async create(path) {
      return newFile(await openFile(path, "wx", FILE_MODE));
    },
    rename: (from, to) =>
      pace.run(
        () => renameSync(from, to),
        () => rename(from, to),
      ),
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
    async removeEmptyFolder(path) {
      try {
        await rmdir(path);
      } catch (error) {
        const code = errnoOf(error);
        if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
      }
    },
    async syncFolder(path) {
      // Windows can neither open nor sync a folder; its file system journals renames.
      if (process.platform === "win32") return;
      const fd = await openFile(path, "r");
      try {
        await timedSync(fd);
      } finally {
        await close(fd);
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
