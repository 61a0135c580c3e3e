import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import { isTemporaryFileName } from "./atomic-file.ts";
import { errnoOf, toStorageError } from "./storage-error.ts";

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Lets another process use the folder. May be called twice. */
  release(): Promise<void>;
  /**
   * Releases the folder and takes back what opening it made: `lock.db`, `.gitignore`, the folder and those above it.
   * Folders that hold something else stay, and so does what cannot be removed.
   */
  withdraw(): Promise<void>;
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
 * with the process however that ends, so no lock is ever stale. `lock.pid` only tells people who holds it. A folder
 * without a `.gitignore` gets one that leaves out everything: data and keys are not committed by mistake. Temporary
 * files that a killed process left in it are removed.
 * @throws AppError ALREADY_RUNNING with the pid that holds the folder; NO_SPACE, STORAGE_FAILURE
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  const pidFile = join(folder, "lock.pid");
  const { lock, made } = takeLock(folder, pidFile);
  heldLocks.add(lock);
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
    for (const name of readdirSync(folder)) if (isTemporaryFileName(name)) rmSync(join(folder, name));
    if (writeGitignore(folder)) made.files.push(join(folder, ".gitignore"));
  } catch (error) {
    freeLock(lock);
    throw toStorageError(error, `Could not write into the data folder "${folder}"`);
  }
  return {
    path: folder,
    release: async () => {
      if (!heldLocks.has(lock)) return;
      rmSync(pidFile, { force: true });
      freeLock(lock);
    },
    withdraw: async () => {
      if (!heldLocks.has(lock)) return;
      rmSync(pidFile, { force: true });
      // Windows removes no open file. Elsewhere the lock is held on, so that nobody takes it on a file about to go.
      if (process.platform === "win32") freeLock(lock);
      takeBack(() => {
        for (const file of made.files) rmSync(file, { force: true });
      });
      freeLock(lock);
      // Not before: some file systems keep a removed file in its folder while it is open.
      takeBack(() => removeEmptyFolders(folder, made.topFolder));
    },
  };
}

/** What opening a data folder made. */
interface Made {
  readonly files: string[];
  /** The topmost folder that was missing. */
  readonly topFolder: string | undefined;
}

function takeLock(folder: string, pidFile: string): { readonly lock: DatabaseSync; readonly made: Made } {
  const lockFile = join(folder, "lock.db");
  let lock: DatabaseSync | undefined;
  try {
    const topFolder = mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = existsSync(lockFile) ? [] : [lockFile];
    // Whoever could open it could lock it, and so keep us out. Its journal takes its permissions from it.
    closeSync(openSync(lockFile, "a", 0o600));
    lock = new DatabaseSync(lockFile, { timeout: LOCK_TIMEOUT_MS });
    lock.exec("BEGIN EXCLUSIVE");
    if (existsSync(lockFile)) return { lock, made: { files, topFolder } };
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw alreadyRunning(folder, readPid(pidFile), error);
    throw toStorageError(error, `Could not open the data folder "${folder}"`);
  }
  // Its holder withdrew in this moment: a lock on a removed file keeps nobody out.
  lock.close();
  throw alreadyRunning(folder, undefined, undefined);
}

function freeLock(lock: DatabaseSync): void {
  if (heldLocks.delete(lock)) lock.close();
}

/** Whether there was none before. */
function writeGitignore(folder: string): boolean {
  const file = join(folder, ".gitignore");
  try {
    writeFileSync(file, "*\n", { flag: "wx", mode: 0o600, flush: true });
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    // An empty one would be taken for somebody's own by the next start.
    rmSync(file, { force: true });
    throw error;
  }
}

function takeBack(remove: () => void): void {
  try {
    remove();
  } catch {
    // It is used for something else by now, or cannot be removed: it stays.
  }
}

/** From `folder` up to `topFolder`. */
function removeEmptyFolders(folder: string, topFolder: string | undefined): void {
  if (topFolder === undefined) return;
  const top = resolve(topFolder);
  for (let path = folder; path.length >= top.length; path = dirname(path)) rmdirSync(path);
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
