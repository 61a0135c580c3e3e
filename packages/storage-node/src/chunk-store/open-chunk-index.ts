import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ChunkIndex } from "./chunk-index.ts";
import { INDEX_VERSION, migrateIndex, versionOf } from "./index-schema.ts";
import { matchesSeal, sealOf } from "./index-seal.ts";
import { storageError } from "./storage-error.ts";

const WAL_BYTES_KEPT_MAX = 16 * 1024 * 1024;

/**
 * Opens the index. One of an earlier version is brought up to date; one that is missing, damaged or of a later version
 * is made anew and is empty then.
 * @param wasClosed whether it was closed when it was used last: not a byte of it may have changed since then
 * @returns `rebuilt` says why it is empty, and is undefined where the old one was usable
 * @throws AppError NO_SPACE, STORAGE_FAILURE where it can neither be used nor made
 */
export function openChunkIndex(
  file: string,
  wasClosed = true,
): { readonly index: ChunkIndex; readonly rebuilt: string | undefined } {
  const { db, trouble } = openExisting(file, wasClosed);
  if (db === undefined) return { index: createIndex(file), rebuilt: trouble };
  try {
    // What keeps it from being brought up to date is no reason to throw it away.
    migrateIndex(db);
    return { index: new ChunkIndex(db, file), rebuilt: undefined };
  } catch (error) {
    db.close();
    throw storageError(error, `bring the index of chunks ${file} up to date`);
  }
}

type Existing =
  | { readonly db: DatabaseSync; readonly trouble?: never }
  | { readonly db?: never; readonly trouble: string };

function openExisting(file: string, wasClosed: boolean): Existing {
  try {
    const isWhole = matchesSeal(file);
    rmSync(sealOf(file), { force: true });
    if (wasClosed && !isWhole) return { trouble: "it is damaged: its bytes have changed" };
    const db = openDatabase(file);
    const trouble = troubleWith(db);
    if (trouble === undefined) return { db };
    db.close();
    return { trouble };
  } catch (error) {
    return { trouble: error instanceof Error ? error.message : String(error) };
  }
}

function createIndex(file: string): ChunkIndex {
  try {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    const db = openDatabase(file);
    migrateIndex(db);
    return new ChunkIndex(db, file);
  } catch (error) {
    throw storageError(error, `make the index of chunks ${file}`);
  }
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function troubleWith(db: DatabaseSync): string | undefined {
  const version = versionOf(db);
  if (version === 0) return "there was none";
  if (version < 0 || version > INDEX_VERSION) return `it has version ${version}, later than ${INDEX_VERSION}`;
  const verdict = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
  // A header that is damaged in the right place makes a database that can only be read.
  db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${version}; ROLLBACK`);
  return verdict === "ok" ? undefined : `it is damaged: ${String(verdict)}`;
}
