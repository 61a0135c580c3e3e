import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Tables } from "../tables.ts";
import { createNodeSqliteDialect, WRITE_TRANSACTION } from "./node-sqlite-dialect.ts";
import { migrateSqlite } from "./open-database.ts";

/**
 * For tests: how SQLite goes about each query that `ask` makes, a line a step.
 * @param rows statements that write what the queries are to find
 */
export async function plansOf(ask: (read: Kysely<Tables>) => Promise<unknown>, rows = ""): Promise<readonly string[]> {
  using database = new DatabaseSync(":memory:");
  await migrateSqlite(database, 0);
  database.exec(rows);
  const plans: string[] = [];
  const read = new Kysely<Tables>({
    dialect: createNodeSqliteDialect(database, WRITE_TRANSACTION),
    log: ({ query }) => {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${query.sql}`).all();
      plans.push(steps.map((row) => String(row["detail"])).join("\n"));
    },
  });
  await ask(read);
  return plans;
}
