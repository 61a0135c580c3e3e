import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Tables } from "../tables.ts";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "./node-sqlite-dialect.ts";
import { migrateSqlite } from "./open-database.ts";

/** How SQLite goes about a query, a line a step. */
export interface QueryPlan {
  readonly text: string;
  readonly plan: string;
}

/** For tests: an empty database in memory that remembers what it is asked. */
export interface WatchedDatabase {
  readonly read: Kysely<Tables>;
  /** Of each query since the start or the last `forget`, in their order. */
  plans(): readonly QueryPlan[];
  forget(): void;
}

const QUERY = /^\s*(select|insert|update|delete|with)/i;

export async function openWatchedDatabase(rows = ""): Promise<WatchedDatabase> {
  const database = new DatabaseSync(":memory:");
  await migrateSqlite(database, 0);
  database.exec(rows);
  const asked: string[] = [];
  const dialect = createNodeSqliteDialect(database, WRITE_TRANSACTION);
  const read = new Kysely<Tables>({ dialect, log: ({ query }) => void asked.push(query.sql) });
  const planOf = (text: string): string => {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all();
    return steps.map((row) => String(row["detail"])).join("\n");
  };
  return {
    read,
    plans: () => asked.filter((text) => QUERY.test(text)).map((text) => ({ text, plan: planOf(text) })),
    forget: () => {
      asked.length = 0;
    },
  };
}

/**
 * For tests: how SQLite goes about each query that `ask` makes.
 * @param rows statements that write what the queries are to find
 */
export async function plansOf(ask: (read: Kysely<Tables>) => Promise<unknown>, rows = ""): Promise<readonly string[]> {
  const { read, plans } = await openWatchedDatabase(rows);
  await ask(read);
  return plans().map(({ plan }) => plan);
}
