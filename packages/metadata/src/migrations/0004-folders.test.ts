import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { expect, it } from "vitest";
import { searchNames } from "../search-names.ts";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "../sqlite/node-sqlite-dialect.ts";
import { SQLITE_COLUMN_TYPES } from "../sqlite/sqlite-column-types.ts";
import type { Tables } from "../tables.ts";
import { migrations } from "./migrations.ts";
import { runMigrations } from "./run-migrations.ts";

const ADA = "0192f0c1-0000-7000-8000-000000000001";
const BEA = "0192f0c1-0000-7000-8000-00000000beaf";

/** `[id, owner, name, state, completed at]` */
type OldFile = readonly [string, string, string, string, number | null];

async function migrated(files: readonly OldFile[]): Promise<Kysely<Tables>> {
  const database = new DatabaseSync(":memory:");
  const read = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
  const migrateTo = async (version: number) => {
    const run = { migrations: migrations.slice(0, version), columnTypes: SQLITE_COLUMN_TYPES, nowMs: 0 };
    await read.transaction().execute(async (tx) => await runMigrations(tx as unknown as Kysely<unknown>, run));
  };
  await migrateTo(3);
  const user = database.prepare("INSERT INTO users VALUES (?, ?, 'x', 'user', 'h', x'00', 1, NULL)");
  for (const id of [ADA, BEA]) user.run(id, `${id}@example.org`);
  const file = database.prepare(
    `INSERT INTO files (id, owner_id, name, state, completed_at_ms, size_bytes, chunk_size_bytes, chunk_count, copies,
      media_type, content_id, sealed_key, created_at_ms) VALUES (?, ?, ?, ?, ?, 1, 1, 1, 1, 'x/y', 'c', x'00', 5)`,
  );
  for (const row of files) file.run(...row);
  await migrateTo(4);
  return read;
}

const pathsOf = async (read: Kysely<Tables>) => {
  const folders = new Map(
    (await read.selectFrom("folders").selectAll().execute()).map((folder) => [folder.id, folder]),
  );
  const pathOf = (id: string | null): string => {
    const folder = id === null ? undefined : folders.get(id)!;
    return folder === undefined ? "" : `${pathOf(folder.parent_id)}${folder.name}/`;
  };
  const files = await read.selectFrom("files").selectAll().orderBy("id").execute();
  return Object.fromEntries(
    files.map((file) => [file.id, [pathOf(file.folder_id) + file.name, file.entry_id, file.version, file.is_current]]),
  );
};

it("makes folders of paths, and versions of files of one name", async () => {
  const read = await migrated([
    ["a1", ADA, "notes/2026/algebra.pdf", "complete", 9],
    ["a2", ADA, "notes/2026/algebra.pdf", "complete", 7],
    ["a3", ADA, "notes/readme", "complete", 8],
    ["a4", ADA, "plain", "complete", 8],
    ["b1", BEA, "notes/2026/algebra.pdf", "complete", 8],
    ["d1", ADA, "notes/old", "deleted", 3],
    ["d2", ADA, "gone/old", "deleted", 3],
    ["d3", ADA, "plain", "deleted", 3],
    ["u1", ADA, "notes/coming", "uploading", null],
  ]);
  expect(await pathsOf(read)).toEqual({
    a1: ["notes/2026/algebra.pdf", "a2", 2, 1],
    a2: ["notes/2026/algebra.pdf", "a2", 1, 0],
    a3: ["notes/readme", "a3", 1, 1],
    a4: ["plain", "a4", 1, 1],
    b1: ["notes/2026/algebra.pdf", "b1", 1, 1],
    d1: ["notes/old", "d1", 1, 1],
    d2: ["old", "d2", 1, 1],
    d3: ["plain", "d3", 1, 1],
    u1: ["notes/coming", "u1", 1, 0],
  });
  const folders = await read.selectFrom("folders").selectAll().execute();
  expect(folders.map(({ owner_id, name }) => `${owner_id === ADA ? "ada" : "bea"} ${name}`).sort()).toEqual([
    "ada 2026",
    "ada notes",
    "bea 2026",
    "bea notes",
  ]);
  for (const folder of folders) {
    expect(folder).toMatchObject({ state: "live", created_at_ms: 5, deleted_at_ms: null });
    expect(folder.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

it("renames a file that has the name of a folder beside it", async () => {
  const read = await migrated([
    ["a1", ADA, "x", "complete", 1],
    ["a2", ADA, "x/y", "complete", 1],
    ["a3", ADA, "x/y/z", "complete", 1],
  ]);
  expect(Object.values(await pathsOf(read)).map(([path]) => path)).toEqual(["x (a1)", "x/y (a2)", "x/y/z"]);
});

it("finds names that were there before, and those of each owner alone", async () => {
  const read = await migrated([
    ["a1", ADA, "École/cahier.txt", "complete", 1],
    ["a2", ADA, "cahier perdu", "deleted", 1],
    ["b1", BEA, "cahier.txt", "complete", 1],
  ]);
  const find = async (ownerId: string, text: string) =>
    (await searchNames(read, { ownerId, text, before: undefined, limit: 9 })).map(({ kind, id }) => [kind, id]);
  expect(await find(ADA, "CAHIER")).toEqual([["file", "a1"]]);
  expect(await find(BEA, "ca")).toEqual([["file", "b1"]]);
  expect(await find(ADA, "eco")).toEqual([["folder", expect.any(String)]]);
});
