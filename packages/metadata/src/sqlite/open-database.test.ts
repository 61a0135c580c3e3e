import { copyFile, open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../migrations/migrations.ts";
import type { Tables } from "../tables.ts";
import { APPLICATION_ID } from "./check-database-file.ts";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { createNodeSqliteDialect, READ_TRANSACTION } from "./node-sqlite-dialect.ts";
import { openReader, openWriter } from "./open-database.ts";

const PAGE_BYTES = 4_096;

let folder: DatabaseFolder;

beforeEach(async () => {
  folder = await createDatabaseFolder();
});

afterEach(async () => await folder.dispose());

async function makeDatabase(): Promise<void> {
  using database = await openWriter(folder.file, 7);
  database.exec(`INSERT INTO users VALUES ('ada', 'ada@example.org', 'Ada', 'user', 'hash', x'00', 1, NULL, NULL)`);
}

/** Changes the database in ways that the program does not. */
function tamper(statements: string): void {
  using database = new DatabaseSync(folder.file);
  database.exec(statements);
}

function schemaOf(database: DatabaseSync): readonly unknown[] {
  return database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
}

describe("a new database", () => {
  it("gets the whole schema, its mark and full durability", async () => {
    using database = await openWriter(folder.file, 7);
    const applied = database.prepare("SELECT * FROM schema_migrations").all();
    expect(applied).toEqual(migrations.map(({ version, name }) => ({ version, name, applied_at_ms: 7 })));
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0];
    expect(pragma("application_id")).toBe(APPLICATION_ID);
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
  });

  it("is made from an empty file too, as a crash may leave one", async () => {
    await writeFile(folder.file, "");
    using database = await openWriter(folder.file, 7);
    expect(database.prepare("SELECT count(*) AS count FROM schema_migrations").get()).toEqual({
      count: migrations.length,
    });
  });

  it("can be read by its owner alone", async () => {
    await makeDatabase();
    expect((await stat(folder.file)).mode & 0o777).toBe(0o600);
  });
});

describe("an existing database", () => {
  it("is opened again as it was", async () => {
    await makeDatabase();
    using first = openReader(folder.file);
    const schema = schemaOf(first);
    using database = await openWriter(folder.file, 8);
    expect(schemaOf(database)).toEqual(schema);
    expect(database.prepare("SELECT DISTINCT applied_at_ms AS time FROM schema_migrations").all()).toEqual([
      { time: 7 },
    ]);
    expect(database.prepare("SELECT id FROM users").all()).toEqual([{ id: "ada" }]);
  });

  it("of version 0 gets every step", async () => {
    tamper(`
      CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL);
      PRAGMA application_id = ${APPLICATION_ID};
    `);
    using database = await openWriter(folder.file, 8);
    expect(database.prepare("SELECT version FROM schema_migrations").all()).toEqual(
      migrations.map(({ version }) => ({ version })),
    );
    expect(database.prepare("SELECT id FROM users").all()).toEqual([]);
  });

  it("of a newer version is refused and left as it was, byte for byte", async () => {
    await makeDatabase();
    tamper("INSERT INTO schema_migrations VALUES (99, 'from the future', 9)");
    const before = await readFile(folder.file);
    await expect(openWriter(folder.file, 8)).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(/schema version 99 .* start a newer version/),
    });
    expect(before.equals(await readFile(folder.file))).toBe(true);
  });

  it("of another program is refused and left as it was", async () => {
    tamper("CREATE TABLE bookmarks (url TEXT)");
    const before = await readFile(folder.file);
    await expect(openWriter(folder.file, 8)).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("another program"),
    });
    expect(before.equals(await readFile(folder.file))).toBe(true);
  });

  it("with a log that a crash left is recovered", async () => {
    const crashed = `${folder.path}/crashed.db`;
    using database = await openWriter(folder.file, 7);
    database.exec(`INSERT INTO users VALUES ('ada', 'ada@example.org', 'Ada', 'user', 'hash', x'00', 1, NULL, NULL)`);
    await copyFile(folder.file, crashed);
    await copyFile(`${folder.file}-wal`, `${crashed}-wal`);
    using recovered = await openWriter(crashed, 8);
    expect(recovered.prepare("SELECT id FROM users").all()).toEqual([{ id: "ada" }]);
  });
});

describe("a damaged database", () => {
  beforeEach(makeDatabase);

  const refusal = (advice: RegExp) => ({
    code: "STORAGE_FAILURE",
    message: expect.stringMatching(advice),
  });

  it("is named when it holds something else", async () => {
    await writeFile(folder.file, "this is no database ".repeat(1_000));
    await expect(openWriter(folder.file, 8)).rejects.toMatchObject(refusal(/metadata\.db.*restore it from a backup/));
  });

  it("is named when its end is missing", async () => {
    await truncate(folder.file, 8_192);
    await expect(openWriter(folder.file, 8)).rejects.toMatchObject(refusal(/damaged: restore it from a backup/));
  });

  it("is named when its first page is overwritten", async () => {
    const handle = await open(folder.file, "r+");
    await handle.write(Buffer.alloc(3_900, 0xa5), 0, 3_900, 100);
    await handle.close();
    await expect(openWriter(folder.file, 8)).rejects.toMatchObject(refusal(/damaged: restore it from a backup/));
  });

  it("is named by the query that meets the damage", async () => {
    const read = (database: DatabaseSync) =>
      new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, READ_TRANSACTION) })
        .selectFrom("users")
        .selectAll()
        .execute();
    const page = readRootPage("users");
    const handle = await open(folder.file, "r+");
    await handle.write(Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
    await handle.close();
    using reader = openReader(folder.file);
    await expect(read(reader)).rejects.toMatchObject(refusal(/damaged: restore it from a backup/));
  });
});

function readRootPage(table: string): number {
  using reader = openReader(folder.file);
  return Number(reader.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table)?.["rootpage"]);
}
