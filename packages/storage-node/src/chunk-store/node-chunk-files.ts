import type { Dir } from "node:fs";
import { lstat, mkdir, open, opendir, rmdir, statfs, unlink } from "node:fs/promises";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { ChunkFiles, FolderEntry } from "./chunk-files.ts";
import { createDescriptors, type FileDescriptorDeps } from "./file-descriptors.ts";
import { writeAt } from "./positioned-io.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const FOLDER_BATCH = 64;
/** The real file system. */
export function createNodeChunkFiles(deps: FileDescriptorDeps): ChunkFiles {
  const descriptors = createDescriptors(deps);
  return {
    async create(path) {
      return descriptors.newFile(await descriptors.open(path, "wx", FILE_MODE));
    },
    async openAppending(path) {
      return descriptors.appendedFile(await descriptors.open(path, "a", FILE_MODE));
    },
    async openReading(path) {
      const fd = await orMissing(descriptors.open(path, "r"));
      return fd === undefined ? undefined : descriptors.readableFile(fd);
    },
    async overwrite(path, offset, bytes) {
      const fd = await descriptors.open(path, "r+");
      try {
        await writeAt(fd, offset, bytes);
        await descriptors.sync(fd);
      } finally {
        await descriptors.close(fd);
      }
    },
    rename: descriptors.rename,
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
      const fd = await descriptors.open(path, "r");
      try {
        await descriptors.sync(fd);
      } finally {
        await descriptors.close(fd);
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
