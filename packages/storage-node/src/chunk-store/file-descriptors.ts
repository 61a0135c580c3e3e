import {
  close as closeByCallback,
  closeSync,
  fdatasync as fdatasyncByCallback,
  fstatSync,
  fsync as fsyncByCallback,
  ftruncate as ftruncateByCallback,
  open as openByCallback,
  openSync,
  renameSync,
  write as writeByCallback,
  writeSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { promisify } from "node:util";
import type { Clock } from "@commonhold/core/clock.ts";
import type { AppendedFile, NewFile, ReadableFile } from "./chunk-files.ts";
import { DiskPace } from "./disk-pace.ts";
import { readableFile } from "./positioned-io.ts";

/** So much is in the system's memory sooner than another thread would have begun. */
const SMALL_WRITE_BYTES = 64 * 1024;

// By number: the promises' file handles cost as much as the calls.
const openLater = promisify<string, string, number | undefined, number>(openByCallback);
const closeLater = promisify(closeByCallback);
const writeLater = promisify(writeByCallback) as (fd: number, bytes: Uint8Array) => Promise<{ bytesWritten: number }>;
const truncateLater = promisify(ftruncateByCallback);
const syncToMedium = promisify(fsyncByCallback);
const syncDataToMedium = promisify(fdatasyncByCallback);

export interface FileDescriptorDeps {
  readonly clock: Clock;
  /** Told how long each fsync took, of files and of folders. */
  readonly onSync?: (durationMs: number) => void;
}

/** Calls of the file system by descriptor; the short ones at once as long as the disk is quick. */
export function createDescriptors(deps: FileDescriptorDeps) {
  const pace = new DiskPace(deps.clock);

  async function timedSync(fd: number, sync = syncToMedium): Promise<void> {
    const startedMs = deps.clock.monotonicMs();
    await sync(fd);
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

  function appendedFile(fd: number): AppendedFile {
    return {
      ...newFile(fd),
      async sync() {
        await timedSync(fd, syncDataToMedium);
        // What is written to a file without a name is gone when it is closed.
        if (fstatSync(fd).nlink === 0) throw new Error("the file was removed while it was written to");
      },
      truncate: (lengthBytes) => truncateLater(fd, lengthBytes),
    };
  }

  return {
    open: openFile,
    close,
    newFile,
    appendedFile,
    readableFile: (fd: number): ReadableFile => readableFile(fd, pace, () => close(fd)),
    sync: (fd: number): Promise<void> => timedSync(fd),
    rename: (from: string, to: string): Promise<void> =>
      pace.run(
        () => renameSync(from, to),
        () => rename(from, to),
      ),
  };
}
