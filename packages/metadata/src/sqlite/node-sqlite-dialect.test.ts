import { DatabaseSync } from "node:sqlite";
import { type Generated, Kysely, sql } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { CachedStatements } from "./cached-statements.ts";
import { createNodeSqliteDialect, SAVEPOINT, WRITE_TRANSACTION } from "./node-sqlite-dialect.ts";

interface TestTables {
  things: { id: Generated<number>; label: string; size: number | null; price_microcredits: bigint; body: Uint8Array };
}

let database: DatabaseSync;
let db: Kysely<TestTables>;

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  database.exec(
    "CREATE TABLE things (id INTEGER PRIMARY KEY, label TEXT, size INTEGER, price_microcredits INTEGER, body BLOB)",
  );
  db = new Kysely<TestTables>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
});

const thing = (label: string, price = 1n) => ({ label, size: 5, price_microcredits: price, body: new Uint8Array([1]) });

describe("values", () => {
  it("keep their types both ways", async () => {
    const most = 2n ** 63n - 1n;
    await db
      .insertInto("things")
      .values([thing("a", most), { ...thing("b", -most), size: null }])
      .execute();
    expect(await db.selectFrom("things").selectAll().orderBy("id").execute()).toEqual([
      { id: 1, label: "a", size: 5, price_microcredits: most, body: new Uint8Array([1]) },
      { id: 2, label: "b", size: null, price_microcredits: -most, body: new Uint8Array([1]) },
    ]);
  });

  it("are named by the alias of a column", async () => {
    await db.insertInto("things").values(thing("a", 3n)).execute();
    const row = await db
      .selectFrom("things")
      .select((eb) => [eb.fn.sum("price_microcredits").as("sum_microcredits"), eb.fn.countAll().as("count")])
      .executeTakeFirst();
    expect(row).toEqual({ sum_microcredits: 3n, count: 1 });
  });

  it("bind whole numbers as integers and others as floating-point", async () => {
    const { rows } = await sql`SELECT typeof(${5}) AS whole, typeof(${5.5}) AS part, 7 / ${2} AS half`.execute(db);
    expect(rows).toEqual([{ whole: "integer", part: "real", half: 3 }]);
  });

  it("refuse an integer that does not fit a number, wherever money is read or not", async () => {
    await expect(sql`SELECT 9007199254740993 AS n`.execute(db)).rejects.toThrow(RangeError);
    await expect(sql`SELECT 9007199254740993 AS n, 1 AS x_microcredits`.execute(db)).rejects.toThrow(RangeError);
  });
});

describe("results", () => {
  it("count the rows of a change and name the row of an insert", async () => {
    const inserted = await db.insertInto("things").values(thing("a")).executeTakeFirstOrThrow();
    expect(inserted.insertId).toBe(1n);
    const updated = await db.updateTable("things").set({ label: "b" }).executeTakeFirstOrThrow();
    expect(updated.numUpdatedRows).toBe(1n);
    const deleted = await db.deleteFrom("things").where("label", "=", "a").executeTakeFirstOrThrow();
    expect(deleted.numDeletedRows).toBe(0n);
  });

  it("have the rows of RETURNING", async () => {
    const row = await db.insertInto("things").values(thing("a", 9n)).returning(["id", "price_microcredits"]).execute();
    expect(row).toEqual([{ id: 1, price_microcredits: 9n }]);
  });

  it("are not streamed", async () => {
    const rows = db.selectFrom("things").selectAll().stream();
    await expect(rows.next()).rejects.toThrow(/page by page/);
  });
});

describe("transactions", () => {
  const labels = () =>
    database
      .prepare("SELECT label FROM things")
      .all()
      .map((row) => row["label"]);

  it("are rolled back by an error", async () => {
    const failing = db.transaction().execute(async (tx) => {
      await tx.insertInto("things").values(thing("a")).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(labels()).toEqual([]);
  });

  it("are savepoints of an outer one, where asked for", async () => {
    const savepoints = new Kysely<TestTables>({ dialect: createNodeSqliteDialect(database, SAVEPOINT) });
    const insert = async (label: string, error?: Error) =>
      await savepoints.transaction().execute(async (tx) => {
        await tx.insertInto("things").values(thing(label)).execute();
        if (error !== undefined) throw error;
      });
    database.exec("BEGIN IMMEDIATE");
    await insert("kept");
    await expect(insert("undone", new Error("no"))).rejects.toThrow("no");
    await insert("kept too");
    expect(database.isTransaction).toBe(true);
    database.exec("COMMIT");
    expect(labels()).toEqual(["kept", "kept too"]);
  });
});

describe("CachedStatements", () => {
  it("keeps the statements used last, up to its bound", () => {
    const statements = new CachedStatements(database, 2);
    const first = statements.get("SELECT 1");
    const second = statements.get("SELECT 2");
    expect(statements.get("SELECT 1")).toBe(first);
    statements.get("SELECT 3");
    expect(statements.size).toBe(2);
    expect(statements.get("SELECT 1")).toBe(first);
    expect(statements.get("SELECT 2")).not.toBe(second);
  });
});
