import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import { Kysely } from "kysely";
import { migrations } from "../migrations/migrations.ts";
import { runMigrations } from "../migrations/run-migrations.ts";
import type { Tables } from "../tables.ts";
import { APPLICATION_ID, checkDatabaseFile } from "./check-database-file.ts";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "./node-sqlite-dialect.ts";
import { SQLITE_COLUMN_TYPES } from "./sqlite-column-types.ts";
import { asStorageFailure } from "./sqlite-error.ts";

const BUSY_TIMEOUT_MS = 5_000;
const SYNCHRONOUS_FULL = 2;

/** `cache_size` below zero counts KiB. */
const WRITER_PRAGMAS = [
  "journal_mode = WAL",
  "synchronous = FULL",
  "fullfsync = ON",
  "checkpoint_fullfsync = ON",
  "foreign_keys = ON",
  "trusted_schema = OFF",
  "temp_store = MEMORY",
  "cache_size = -4096",
  "wal_autocheckpoint = 2000",
  "journal_size_limit = 67108864",
];
const READER_PRAGMAS = ["trusted_schema = OFF", "temp_store = MEMORY", "cache_size = -4096"];

/**
 * The one writing connection, its schema brought to the newest version.
 * @throws AppError INVALID_CONFIG for a newer version's database or a foreign one (left as it was), STORAGE_FAILURE or
 *   NO_SPACE where the file cannot be opened, is damaged, or cannot be written with full durability
 */
export async function openWriter(file: string, nowMs: number): Promise<DatabaseSync> {
  checkDatabaseFile(file, migrations);
  let database: DatabaseSync | undefined;
  try {
    // Its log and its index take their permissions from the database file.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    for (const pragma of WRITER_PRAGMAS) database.exec(`PRAGMA ${pragma}`);
    requireDurability(database, file);
    await migrateSqlite(database, nowMs);
    return database;
  } catch (error) {
    database?.close();
    throw asStorageFailure(error, `Could not open the metadata database "${file}"`);
  }
}

/** A connection that can only read. */
export function openReader(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    for (const pragma of READER_PRAGMAS) database.exec(`PRAGMA ${pragma}`);
    return database;
  } catch (error) {
    throw asStorageFailure(error, `Could not open the metadata database "${file}" for reading`);
  }
}

/** @returns the versions that were applied now */
export async function migrateSqlite(database: DatabaseSync, nowMs: number): Promise<readonly number[]> {
  const kysely = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
  return await kysely.transaction().execute(async (tx) => {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    return await runMigrations(tx as unknown as Kysely<unknown>, {
      migrations,
      columnTypes: SQLITE_COLUMN_TYPES,
      nowMs,
    });
  });
}

/** SQLite answers a journal mode that it cannot have with the one that it keeps, not with an error. */
function requireDurability(database: DatabaseSync, file: string): void {
  const { journal_mode: journalMode } = database.prepare("PRAGMA journal_mode").get()!;
  const { synchronous } = database.prepare("PRAGMA synchronous").get()!;
  if (journalMode !== "wal" || synchronous !== SYNCHRONOUS_FULL) {
    throw new AppError(
      "STORAGE_FAILURE",
      `"${file}" cannot be kept with a write-ahead log and full sync (journal ${journalMode}, sync ${synchronous}): ` +
        "put the data folder on a local disk, not on a network share",
    );
  }
}
