import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Migration } from "../migrations/migration.ts";
import { type AppliedMigration, pendingMigrations } from "../migrations/run-migrations.ts";
import { checkWriteAheadLog } from "./check-write-ahead-log.ts";
import { asStorageFailure } from "./sqlite-error.ts";

/** "CMHD" in the file's header says whose database it is. */
export const APPLICATION_ID = 0x434d4844;

const BUSY_TIMEOUT_MS = 5_000;
/** SQLite takes a file that is too short for its header for a new database. */
const HEADER_BYTES = 512;
const MIB = 1024 * 1024;
/** What takes about a second: the check of everything, and the one that leaves out what the indexes hold. */
const WHOLE_CHECK_BYTES_MAX = 32 * MIB;
const QUICK_CHECK_BYTES_MAX = 512 * MIB;

/**
 * Looks at an existing database through a read-only connection, so that a file that this program must not write stays
 * as it is. A missing or empty file is fine: it becomes a new database. The structure of one of up to 512 MiB is
 * checked; damage in a larger one is named by the query that meets it. SQLite has no checksums of pages: a byte that
 * changed within a value is not noticed.
 * @throws AppError INVALID_CONFIG for a newer version's database or a foreign one, STORAGE_FAILURE for a damaged one
 */
export function checkDatabaseFile(file: string, known: readonly Migration[]): void {
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) return;
    if (size < HEADER_BYTES) throw damaged(file, `it has ${size} bytes`);
    checkWriteAheadLog(file);
    checkContent(file, known, size);
  } catch (error) {
    throw asStorageFailure(error, `Could not open the metadata database "${file}"`);
  }
}

function checkContent(file: string, known: readonly Migration[], sizeBytes: number): void {
  using database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0) return;
  const header = database.prepare("PRAGMA application_id").get();
  if (header?.["application_id"] !== APPLICATION_ID) {
    throw new AppError(
      "INVALID_CONFIG",
      `"${file}" is an SQLite database of another program: give Commonhold another data folder`,
    );
  }
  checkLength(database, file, sizeBytes);
  checkStructure(database, file, sizeBytes);
  const applied = database.prepare("SELECT version, name FROM schema_migrations ORDER BY version").all();
  pendingMigrations(applied as unknown as AppliedMigration[], known);
}

/** SQLite takes what is missing of the last page for zeros. Only while a log is there may its end not be written yet. */
function checkLength(database: DatabaseSync, file: string, sizeBytes: number): void {
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
  const logBytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (logBytes === 0 && sizeBytes % pageBytes !== 0)
    throw damaged(file, `its end is missing: it has ${sizeBytes} bytes`);
}

function checkStructure(database: DatabaseSync, file: string, sizeBytes: number): void {
  if (sizeBytes > QUICK_CHECK_BYTES_MAX) return;
  const check = sizeBytes > WHOLE_CHECK_BYTES_MAX ? "quick_check" : "integrity_check";
  const verdict = database.prepare(`PRAGMA ${check}(1)`).get()?.[check];
  if (verdict === "ok") return;
  throw damaged(file, String(verdict));
}

function damaged(file: string, how: string): AppError {
  return new AppError(
    "STORAGE_FAILURE",
    `The metadata database "${file}" is damaged: restore it from a backup (${how})`,
  );
}
