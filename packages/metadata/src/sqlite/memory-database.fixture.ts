import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Static, TSchema } from "typebox";
import type { Command, Json } from "../command.ts";
import { createPayloadCheck } from "../commands/check-payload.ts";
import type { Tables } from "../tables.ts";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "./node-sqlite-dialect.ts";
import { migrateSqlite } from "./open-database.ts";

/** The whole schema in memory, for tests of commands that need no engine around them. */
export async function openMemoryDatabase(): Promise<Kysely<Tables>> {
  const database = new DatabaseSync(":memory:");
  await migrateSqlite(database, 0);
  return new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION) });
}

/** Applies a command as an engine would: its payload checked, a transaction around it. */
export async function applyTo<Name extends string, Schema extends TSchema, Result extends Json>(
  database: Kysely<Tables>,
  command: Command<Name, Schema, Result>,
  payload: Static<Schema>,
): Promise<Result> {
  createPayloadCheck({ [command.name]: command })(command.name, payload);
  return await database.transaction().execute(async (tx) => await command.apply(tx, payload));
}
