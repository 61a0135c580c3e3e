import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { purchasePayload } from "../commands/payloads.fixture.ts";
import { createDatabaseFolder, type DatabaseFolder } from "../sqlite/database-folder.fixture.ts";
import { openWriter } from "../sqlite/open-database.ts";
import { openSqliteMetadata } from "../sqlite/open-sqlite-metadata.ts";
import { migrations } from "./migrations.ts";

const GOLDEN = join(import.meta.dirname, "golden");
const ADA = "0192f0c1-0000-7000-8000-000000000001";

let folder: DatabaseFolder;
beforeEach(async () => {
  folder = await createDatabaseFolder();
});
afterEach(() => folder.dispose());

/** Every table and index, one statement each, however it was laid out. */
function schemaOf(database: DatabaseSync): string {
  const rows = database
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all();
  return rows.map(({ sql }) => `${String(sql).replaceAll(/\s+/g, " ")};\n`).join("");
}

type OldVersion = 1 | 2;

async function restoreVersion(version: OldVersion): Promise<void> {
  const dump = await readFile(join(GOLDEN, `version-${version}.sql`), "utf8");
  using database = new DatabaseSync(folder.file);
  database.exec(dump);
}

describe("the schema", () => {
  // A change needs a migration of its own: those that were released stay as they are.
  it("of a new database is the one that was written down", async () => {
    using database = await openWriter(folder.file, 7);
    await expect(schemaOf(database)).toMatchFileSnapshot(join(GOLDEN, "schema.sql"));
  });

  it.each<OldVersion>([1, 2])("of a database of version %i becomes the same", async (version) => {
    await restoreVersion(version);
    using migrated = await openWriter(folder.file, 7);
    using fresh = await openWriter(join(folder.path, "new.db"), 7);
    expect(schemaOf(migrated)).toBe(schemaOf(fresh));
    const steps = migrated.prepare("SELECT version FROM schema_migrations ORDER BY version").all();
    expect(steps.map(({ version }) => version)).toEqual(migrations.map(({ version }) => version));
  });
});

/** Rows beside those of the dump, so that every table has some in each state. */
const MORE_OF_VERSION_1 = `
  INSERT INTO nodes SELECT 'n2', 'cellar', operator_id, 'k2', 'draining', addresses, labels, 1, 1, 1, 1, version, 1, 1
    FROM nodes;
  INSERT INTO files SELECT 'deleted', owner_id, 'gone', 10, 262144, 2, 2, 'deleted', media_type, content_id, sealed_key,
    1, 2, 3 FROM files WHERE name = 'école.txt';
  WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 299)
    INSERT INTO chunks SELECT printf('%064x', 7 * n % 300), '${ADA}', n + 17, 2, n FROM i;
  INSERT INTO file_chunks SELECT 'deleted', row_number() OVER (), name, 1, x'00ff' FROM chunks WHERE copies = 2;
  INSERT INTO assignments SELECT name, 'n2', CASE WHEN sealed_length % 3 = 0 THEN 'pending' ELSE 'active' END, 7 FROM chunks;
`;

const TABLES: Readonly<Record<OldVersion, readonly string[]>> = {
  1: [
    "assignments",
    "chunks",
    "file_chunks",
    "files",
    "join_tokens",
    "ledger_accounts",
    "ledger_entries",
    "ledger_transactions",
    "nodes",
    "refresh_tokens",
    "uploads",
    "users",
  ],
  2: ["counters", "deletions", "file_pins", "job_settings", "node_events"],
};

/** Every row of tables as it is now, by a query that gives the same of a newer version. */
function rowsOf(database: DatabaseSync, tables: readonly string[]): ReadonlyMap<string, unknown> {
  return new Map(
    tables.map((table) => {
      const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
      const query = `SELECT ${columns.map(({ name }) => name).join(", ")} FROM ${table} ORDER BY 1, 2`;
      const rows = database.prepare(query).all();
      expect(rows.length, table).toBeGreaterThan(0);
      return [query, rows];
    }),
  );
}

function expectRows(migrated: DatabaseSync, before: ReadonlyMap<string, unknown>): void {
  for (const [query, rows] of before) {
    const statement = migrated.prepare(query);
    statement.setReadBigInts(true);
    expect(statement.all()).toEqual(rows);
  }
  expect(migrated.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
  expect(migrated.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
}

describe("a database of version 1", () => {
  it("keeps every row of every table", async () => {
    await restoreVersion(1);
    using old = new DatabaseSync(folder.file, { readBigInts: true });
    old.exec(MORE_OF_VERSION_1);
    const before = rowsOf(old, TABLES[1]);
    old.close();

    using migrated = await openWriter(folder.file, 7);
    expectRows(migrated, before);
    for (const table of ["files", "chunks"]) {
      const given = migrated.prepare(`SELECT DISTINCT priority, pinned FROM ${table}`).all();
      expect(given).toEqual([{ priority: 2, pinned: 0 }]);
    }
  });

  const deps = { logger: createLogger({ level: "silent", name: "test" }), clock: systemClock };

  it("is read as it was written, and takes new commands", async () => {
    await restoreVersion(1);
    const metadata = await openSqliteMetadata(deps, { file: folder.file });
    try {
      const { read } = metadata;
      expect(await read.selectFrom("users").selectAll().execute()).toEqual([
        {
          id: ADA,
          email: "ada@example.org",
          name: "Ada",
          role: "admin",
          password_hash: expect.stringMatching(/^\$argon2id\$/),
          sealed_secret: Uint8Array.of(1, 0, 1, 2, 3, 4, 5),
          created_at_ms: 1_767_225_600_001,
          arrears_since_ms: null,
          disabled_at_ms: null,
        },
      ]);
      expect(await read.selectFrom("nodes").selectAll().executeTakeFirst()).toMatchObject({
        name: "attic",
        declared_state: "active",
        addresses: '["/ip4/192.0.2.7/tcp/4001"]',
        labels: '{"site":"home"}',
        capacity_bytes: Number.MAX_SAFE_INTEGER,
      });
      const files = await read.selectFrom("files").selectAll().orderBy("name").execute();
      expect(files).toMatchObject([
        { name: "unfinished", size_bytes: -1, state: "uploading", content_id: null, completed_at_ms: null },
        { name: "école.txt", size_bytes: 10, state: "complete", sealed_key: Uint8Array.of(1, 255, 0) },
      ]);
      expect(await read.selectFrom("uploads").select("reserved_microcredits").execute()).toEqual([
        { reserved_microcredits: 9_007_199_254_740_993n },
      ]);
      const chunk = await read
        .selectFrom("file_chunks")
        .innerJoin("chunks", "chunks.name", "file_chunks.chunk_name")
        .innerJoin("assignments", "assignments.chunk_name", "chunks.name")
        .select(["chunk_index", "sealed_length", "plain_length", "sealed_entry", "state"])
        .execute();
      expect(chunk).toEqual([
        {
          chunk_index: 0,
          sealed_length: 26,
          plain_length: 10,
          sealed_entry: Uint8Array.of(1, 0, 1, 2),
          state: "active",
        },
      ]);
      expect(await read.selectFrom("refresh_tokens").select("spent_at_ms").orderBy("spent_at_ms").execute()).toEqual([
        { spent_at_ms: null },
        { spent_at_ms: 1_767_225_600_002 },
      ]);
      expect(await read.selectFrom("join_tokens").select("uses_left").execute()).toEqual([{ uses_left: 7 }]);

      await metadata.apply("ledger.purchase", purchasePayload("payment-2", { user_id: ADA, amount_microcredits: "7" }));
      const account = `user:${ADA}:available`;
      const balance = await read.selectFrom("ledger_accounts").selectAll().where("id", "=", account).execute();
      expect(balance).toMatchObject([{ id: account, balance_microcredits: 9_007_199_254_741_000n }]);

      const fileId = files[1]!.id;
      const [node] = await read.selectFrom("nodes").select("id").execute();
      await metadata.apply("file.pin", { file_id: fileId, owner_id: ADA, node_id: node!.id });
      await metadata.apply("file.delete", { file_id: fileId, owner_id: ADA, transaction_id: "d", now_ms: 1 });
      await metadata.apply("file.purge", { file_id: fileId, deleted_before_ms: 2, chunk_limit: 1 });
      const [name] = (await read.selectFrom("chunks").select("name").execute()).map((row) => row.name);
      const collect = { chunk_names: [name!], epoch: 1, now_ms: 3 };
      expect(await metadata.apply("chunk.collect", collect)).toEqual({ collected: 1 });
      expect(await read.selectFrom("deletions").select(["node_id", "chunk_name"]).execute()).toEqual([
        { node_id: node!.id, chunk_name: name },
      ]);
    } finally {
      await metadata.close();
    }
  });
});

describe("a database of version 2", () => {
  it("keeps every row of every table", async () => {
    await restoreVersion(2);
    using old = new DatabaseSync(folder.file, { readBigInts: true });
    const before = rowsOf(old, [...TABLES[1], ...TABLES[2]]);
    old.close();

    using migrated = await openWriter(folder.file, 7);
    expectRows(migrated, before);
  });

  it("takes copies as held since their last change, and nothing as paid in advance", async () => {
    await restoreVersion(2);
    using migrated = await openWriter(folder.file, 7);
    const held = migrated
      .prepare("SELECT state, held_since_ms - updated_at_ms AS later_ms FROM assignments ORDER BY chunk_name")
      .all();
    expect(held).toEqual([
      { state: "active", later_ms: 0 },
      { state: "leaving", later_ms: 0 },
      { state: "doubtful", later_ms: null },
      { state: "pending", later_ms: null },
      { state: "active", later_ms: 0 },
    ]);
    const deposits = migrated.prepare("SELECT DISTINCT deposit_microcredits AS paid, deposit_at_ms FROM files").all();
    expect(deposits).toEqual([{ paid: 0, deposit_at_ms: null }]);
    expect(migrated.prepare("SELECT DISTINCT arrears_since_ms FROM users").all()).toEqual([{ arrears_since_ms: null }]);
    const checked =
      "SELECT DISTINCT checked_entry_id AS entry, checked_balance_microcredits AS sum FROM ledger_accounts";
    expect(migrated.prepare(checked).all()).toEqual([{ entry: 0, sum: 0 }]);
  });
});
