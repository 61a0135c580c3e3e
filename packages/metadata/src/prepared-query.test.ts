import type { Kysely } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { userPayload } from "./commands/payloads.fixture.ts";
import { createUser } from "./commands/users.ts";
import { prepareQuery } from "./prepared-query.ts";
import { applyTo, openMemoryDatabase } from "./sqlite/memory-database.fixture.ts";
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
});
