import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import { toStorageError } from "./storage-error.ts";

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Lets another process use the folder. May be called twice. */
  release(): Promise<void>;
}

/** SQLite's result code for a lock that another connection holds. */
const SQLITE_BUSY = 5;
/** Covers the moment in which two starting processes look at the lock together. */
const LOCK_TIMEOUT_MS = 100;

/** Keeps the connections that hold locks from being collected, which would free the lock. */
const heldLocks = new Set<DatabaseSync>();

/**
 * Creates the folder (mode 0700) where it is missing and takes it for this process alone.
 *
 * The lock is an exclusive transaction on `lock.db`: SQLite holds it as a lock of the operating system, which ends
 * with the process however that ends, so no lock is ever stale. `lock.pid` only tells people who holds it.
 * @throws AppError ALREADY_RUNNING with the pid that holds the folder; NO_SPACE, STORAGE_FAILURE
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  const pidFile = join(folder, "lock.pid");
  const lock = takeLock(folder, pidFile);
  heldLocks.add(lock);
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    freeLock(lock);
    throw toStorageError(error, `Could not write "${pidFile}"`);
  }
  return {
    path: folder,
    release: async () => {
      if (!heldLocks.has(lock)) return;
      rmSync(pidFile, { force: true });
      freeLock(lock);
    },
  };
}

function takeLock(folder: string, pidFile: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(folder, "lock.db"), { timeout: LOCK_TIMEOUT_MS });
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw alreadyRunning(folder, readPid(pidFile), error);
    throw toStorageError(error, `Could not open the data folder "${folder}"`);
  }
}

function freeLock(lock: DatabaseSync): void {
  heldLocks.delete(lock);
  lock.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function alreadyRunning(folder: string, pid: number | undefined, cause: unknown): AppError {
  const holder = pid === undefined ? "another process" : `process ${pid}`;
  return new AppError(
    "ALREADY_RUNNING",
    `The data folder "${folder}" is in use by ${holder}: stop that first, or choose another folder`,
    { details: { path: folder, ...(pid !== undefined && { pid }) }, cause },
  );
}
