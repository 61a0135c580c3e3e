import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { describe, expect, it } from "vitest";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "../sqlite/node-sqlite-dialect.ts";
import { SQLITE_COLUMN_TYPES } from "../sqlite/sqlite-column-types.ts";
import type { Migration } from "./migration.ts";
import { migrations } from "./migrations.ts";
import { pendingMigrations, runMigrations } from "./run-migrations.ts";

const step = (version: number, name: string, ...statements: readonly string[]): Migration => ({
  version,
  name,
  statements: () => statements,
});
const first = step(1, "first", "CREATE TABLE a (x INTEGER)");
const second = step(2, "second", "CREATE TABLE b (x INTEGER)", "INSERT INTO b VALUES (1)");

function openTarget() {
  const database = new DatabaseSync(":memory:");
  const kysely = new Kysely<unknown>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
  const run = async (known: readonly Migration[], nowMs: number) =>
    await kysely
      .transaction()
      .execute(async (tx) => await runMigrations(tx, { migrations: known, columnTypes: SQLITE_COLUMN_TYPES, nowMs }));
  const tables = () =>
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map((row) => row["name"]);
  return { database, run, tables };
}

describe("runMigrations", () => {
  it("applies each step once, in order, and remembers when", async () => {
    const { database, run } = openTarget();
    expect(await run([first], 10)).toEqual([1]);
    expect(await run([first, second], 20)).toEqual([2]);
    expect(await run([first, second], 30)).toEqual([]);
    expect(database.prepare("SELECT * FROM schema_migrations ORDER BY version").all()).toEqual([
      { version: 1, name: "first", applied_at_ms: 10 },
      { version: 2, name: "second", applied_at_ms: 20 },
    ]);
    expect(database.prepare("SELECT x FROM b").all()).toEqual([{ x: 1 }]);
  });

  it("leaves nothing of a run in which a step fails", async () => {
    const { run, tables } = openTarget();
    await run([first], 10);
    await expect(run([first, second, step(3, "third", "CREATE TABLE a (x INTEGER)")], 20)).rejects.toThrow();
    expect(tables()).toEqual(["a", "schema_migrations"]);
    expect(await run([first, second], 30)).toEqual([2]);
  });
});

describe("pendingMigrations", () => {
  it("names both versions when the database is newer", () => {
    const applied = [
      { version: 1, name: "first" },
      { version: 2, name: "second" },
    ];
    expect(() => pendingMigrations(applied, [first])).toThrow(/schema version 2 .* knows only 1/);
  });

  it("refuses a history that is not this program's", () => {
    expect(() => pendingMigrations([{ version: 1, name: "other" }], [first])).toThrow(/"other".*"first"/);
  });
});

describe("the list of migrations", () => {
  it("counts 1, 2, 3, …", () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });
});
