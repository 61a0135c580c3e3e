import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { userPayload } from "./commands/payloads.fixture.ts";
import { createUser } from "./commands/users.ts";
import { answerPreparedQueries, prepareChange, prepareQuery } from "./prepared-query.ts";
import { applyTo, openMemoryDatabase } from "./sqlite/memory-database.fixture.ts";
import {
  createNodeSqliteConnection,
  createNodeSqliteDialect,
  WRITE_TRANSACTION,
} from "./sqlite/node-sqlite-dialect.ts";
import { migrateSqlite } from "./sqlite/open-database.ts";
import type { Tables } from "./tables.ts";

describe("prepareQuery", () => {
  let built = 0;
  const usersOf = prepareQuery(
    (read, values: { readonly role: string; readonly name: string; readonly limit: number }) => {
      built += 1;
      return read
        .selectFrom("users")
        .select(["id", "role"])
        .where("name", "=", values.name)
        .where("role", "=", values.role as "user")
        .where("name", "=", values.name)
        .limit(values.limit);
    },
  );

  let database: Kysely<Tables>;

  beforeEach(async () => {
    built = 0;
    database = await openMemoryDatabase();
    await applyTo(database, createUser, userPayload("ada", { name: "Ada", role: "admin" }));
    await applyTo(database, createUser, userPayload("bob", { name: "Bob" }));
  });

  it("answers with the values of each call, built once", async () => {
    expect(await usersOf(database, { name: "Ada", role: "admin", limit: 9 })).toEqual([{ id: "ada", role: "admin" }]);
    expect(await usersOf(database, { limit: 9, role: "user", name: "Bob" })).toEqual([{ id: "bob", role: "user" }]);
    expect(await usersOf(database, { name: "Ada", role: "user", limit: 9 })).toEqual([]);
    expect(await usersOf(database, { name: "Ada", role: "admin", limit: 0 })).toEqual([]);
    expect(built).toBe(1);
  });

  it("is built for each engine, and sees what was written since", async () => {
    const other = await openMemoryDatabase();
    const ada = { name: "Ada", role: "admin", limit: 9 };
    expect(await usersOf(other, ada)).toEqual([]);
    await applyTo(other, createUser, userPayload("eve", { name: "Ada", role: "admin" }));
    expect(await usersOf(other, ada)).toEqual([{ id: "eve", role: "admin" }]);
    expect(await usersOf(database, ada)).toEqual([{ id: "ada", role: "admin" }]);
    expect(built).toBe(2);
  });

  it("takes values as values, whatever they look like", async () => {
    expect(await usersOf(database, { name: "' or 1=1 --", role: "admin", limit: 9 })).toEqual([]);
  });

  it("is built once for all transactions of an engine", async () => {
    const ada = { name: "Ada", role: "admin", limit: 9 };
    for (let count = 0; count < 3; count++) {
      const rows = await database.transaction().execute(async (tx) => await usersOf(tx, ada));
      expect(rows).toEqual([{ id: "ada", role: "admin" }]);
    }
    await usersOf(database, ada);
    expect(built).toBe(1);
  });

  it("is built for each length of its lists, the rarer ones each time", async () => {
    let builtLists = 0;
    const namesOf = prepareQuery(
      (read, values: { readonly ids: readonly string[]; readonly roles: readonly string[] }) => {
        builtLists += 1;
        return read
          .selectFrom("users")
          .select("name")
          .where("id", "in", values.ids)
          .where("role", "in", values.roles as readonly "user"[])
          .orderBy("name");
      },
    );
    const ask = async (...ids: string[]) =>
      (await namesOf(database, { ids, roles: ["user", "admin"] })).map((row) => row.name);
    expect(await ask("bob", "ada")).toEqual(["Ada", "Bob"]);
    expect(await ask("eve", "bob")).toEqual(["Bob"]);
    expect(await ask("ada")).toEqual(["Ada"]);
    expect(builtLists).toBe(2);
    const many = Array.from({ length: 40 }, (_, index) => `u${index}`);
    for (let length = 1; length <= many.length; length++) {
      expect(await ask("bob", ...many.slice(0, length))).toEqual(["Bob"]);
    }
    const builtBefore = builtLists;
    expect(await ask("ada", "bob")).toEqual(["Ada", "Bob"]);
    expect(builtLists).toBe(builtBefore);
    await ask("ada", ...many);
    expect(builtLists).toBe(builtBefore + 1);
  });
});

describe("prepareChange", () => {
  let built = 0;
  const addAccount = prepareChange((tx, account: { readonly id: string; readonly balance_microcredits: bigint }) => {
    built += 1;
    return tx
      .insertInto("ledger_accounts")
      .values(account)
      .onConflict((oc) => oc.column("id").doNothing());
  });
  const add = async (database: Kysely<Tables>, id: string, balance: bigint) =>
    await database.transaction().execute(async (tx) => await addAccount(tx, { id, balance_microcredits: balance }));
  const accounts = async (database: Kysely<Tables>) =>
    await database
      .selectFrom("ledger_accounts")
      .select(["id", "balance_microcredits"])
      .where("id", "like", "test:%")
      .orderBy("id")
      .execute();

  let database: Kysely<Tables>;

  beforeEach(async () => {
    built = 0;
    database = await openMemoryDatabase();
  });

  it("counts what it changed, built once", async () => {
    expect(await add(database, "test:a", 2n ** 62n)).toBe(1n);
    expect(await add(database, "test:b", -5n)).toBe(1n);
    expect(await add(database, "test:b", 9n)).toBe(0n);
    expect(await accounts(database)).toEqual([
      { id: "test:a", balance_microcredits: 2n ** 62n },
      { id: "test:b", balance_microcredits: -5n },
    ]);
    expect(built).toBe(1);
  });

  it("is undone with its transaction, also where the engine answers itself", async () => {
    const sqlite = new DatabaseSync(":memory:");
    await migrateSqlite(sqlite, 0);
    const direct = new Kysely<Tables>({ dialect: createNodeSqliteDialect(sqlite, WRITE_TRANSACTION) });
    const connection = createNodeSqliteConnection(sqlite);
    let answered = 0;
    answerPreparedQueries(direct, async (query) => {
      answered += 1;
      return await connection.executeQuery(query);
    });
    await add(direct, "test:kept", 1n);
    const failing = direct.transaction().execute(async (tx) => {
      await addAccount(tx, { id: "test:undone", balance_microcredits: 1n });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await accounts(direct)).toEqual([{ id: "test:kept", balance_microcredits: 1n }]);
    expect(answered).toBe(2);
  });
});
