import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { expect, it } from "vitest";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "../sqlite/node-sqlite-dialect.ts";
import { SQLITE_COLUMN_TYPES } from "../sqlite/sqlite-column-types.ts";
import { migrations } from "./migrations.ts";
import { runMigrations } from "./run-migrations.ts";

it("counts what each owner had before, and what comes and goes from then on", async () => {
  using database = new DatabaseSync(":memory:");
  const kysely = new Kysely<unknown>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
  const migrateTo = async (version: number) => {
    const run = { migrations: migrations.slice(0, version), columnTypes: SQLITE_COLUMN_TYPES, nowMs: 0 };
    await kysely.transaction().execute(async (tx) => await runMigrations(tx, run));
  };
  const folder = (id: string, owner: string, deletedAtMs: number | null = null) =>
    database.prepare("INSERT INTO folders VALUES (?, ?, NULL, ?, 'live', 1, ?, NULL)").run(id, owner, id, deletedAtMs);
  const file = (id: string, owner: string, size: number, state = "complete") =>
    database
      .prepare(
        `INSERT INTO files (id, owner_id, name, state, size_bytes, chunk_size_bytes, chunk_count, copies, media_type,
          sealed_key, created_at_ms, entry_id, is_current) VALUES (?, ?, ?, ?, ?, 1, 0, 1, 'x/y', x'00', 1, ?, 1)`,
      )
      .run(id, owner, id, state, size, id);
  await migrateTo(6);
  for (const id of ["ada", "bea", "eve"]) {
    database.prepare("INSERT INTO users VALUES (?, ?, 'x', 'user', 'h', x'00', 1, NULL, NULL)").run(id, id);
  }
  folder("a1", "ada");
  folder("a2", "ada", 5);
  file("a3", "ada", 0);
  file("a4", "ada", 7);
  file("b1", "bea", 0, "deleted");
  file("b2", "bea", -1, "uploading");
  await migrateTo(7);
  const counts = () =>
    database
      .prepare("SELECT owner_id, folders, empty_files FROM free_entries ORDER BY owner_id")
      .all()
      .map((row) => Object.values(row));
  expect(counts()).toEqual([
    ["ada", 2, 1],
    ["bea", 0, 1],
  ]);
  folder("e1", "eve");
  database.exec("DELETE FROM folders WHERE owner_id = 'ada'; DELETE FROM files WHERE id IN ('a4', 'b1')");
  database.exec("UPDATE files SET size_bytes = 0 WHERE id = 'b2'; UPDATE files SET size_bytes = 3 WHERE id = 'a3'");
  expect(counts()).toEqual([
    ["ada", 0, 0],
    ["bea", 0, 1],
    ["eve", 1, 0],
  ]);
});
