import { AppError } from "@commonhold/core/app-error.ts";
import { type Kysely, sql } from "kysely";
import type { ColumnTypes, Migration } from "./migration.ts";

interface SchemaMigrationsTable {
  version: number;
  name: string;
  applied_at_ms: number;
}

interface MigrationTables {
  schema_migrations: SchemaMigrationsTable;
}

export type AppliedMigration = Pick<SchemaMigrationsTable, "version" | "name">;

export interface MigrationRun {
  /** Oldest first. */
  readonly migrations: readonly Migration[];
  readonly columnTypes: ColumnTypes;
  readonly nowMs: number;
}

/**
 * Brings the schema to the newest version and answers the versions that were applied now. Call it within a
 * transaction of its own: then a failing step leaves the schema as it was.
 * @throws AppError INVALID_CONFIG when the database was written by a newer program
 */
export async function runMigrations(tx: Kysely<unknown>, run: MigrationRun): Promise<readonly number[]> {
  const db = tx as Kysely<MigrationTables>;
  await sql
    .raw(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
        version ${run.columnTypes.int64} PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at_ms ${run.columnTypes.int64} NOT NULL
      )`,
    )
    .execute(db);
  const applied = await db.selectFrom("schema_migrations").select(["version", "name"]).orderBy("version").execute();
  const pending = pendingMigrations(applied, run.migrations);
  for (const migration of pending) {
    for (const statement of migration.statements(run.columnTypes)) await sql.raw(statement).execute(db);
    await db
      .insertInto("schema_migrations")
      .values({ version: migration.version, name: migration.name, applied_at_ms: run.nowMs })
      .execute();
  }
  return pending.map((migration) => migration.version);
}

/**
 * The steps that a database still needs.
 * @param applied what it has, oldest first
 * @throws AppError INVALID_CONFIG when it has a step that this program does not know
 */
export function pendingMigrations(
  applied: readonly AppliedMigration[],
  known: readonly Migration[],
): readonly Migration[] {
  for (const [index, { version, name }] of applied.entries()) {
    const expected = known[index];
    if (expected === undefined) {
      throw new AppError(
        "INVALID_CONFIG",
        `the metadata has schema version ${applied.at(-1)!.version} and this program knows only ${known.length}: ` +
          "start a newer version of Commonhold, or restore a backup that an older one wrote",
        { details: { database_version: applied.at(-1)!.version, program_version: known.length } },
      );
    }
    if (expected.version !== version || expected.name !== name) {
      throw new AppError(
        "INVALID_CONFIG",
        `the metadata's schema step ${version} is "${name}" and this program's step ${expected.version} is ` +
          `"${expected.name}": it was not written by a released version of Commonhold`,
      );
    }
  }
  return known.slice(applied.length);
}
