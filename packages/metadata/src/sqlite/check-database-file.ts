import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Migration } from "../migrations/migration.ts";
import { type AppliedMigration, pendingMigrations } from "../migrations/run-migrations.ts";
import { asStorageFailure } from "./sqlite-error.ts";

/** "CMHD" in the file's header says whose database it is. */
export const APPLICATION_ID = 0x434d4844;

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Looks at an existing database through a read-only connection, so that a file that this program must not write stays
 * as it is. A missing or empty file is fine: it becomes a new database.
 * @throws AppError INVALID_CONFIG for a newer version's database or a foreign one, STORAGE_FAILURE for a damaged one
 */
export function checkDatabaseFile(file: string, known: readonly Migration[]): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.size) checkContent(file, known);
  } catch (error) {
    throw asStorageFailure(error, `Could not open the metadata database "${file}"`);
  }
}

function checkContent(file: string, known: readonly Migration[]): void {
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
  const applied = database.prepare("SELECT version, name FROM schema_migrations ORDER BY version").all();
  pendingMigrations(applied as unknown as AppliedMigration[], known);
}
