import { parentPort, workerData } from "node:worker_threads";
import { type RawBuilder, sql } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { commands } from "../commands/registry.ts";
import { runWriter } from "./run-writer.ts";
import type { WriterData } from "./writer-messages.ts";

/** Runs SQL that no real command would. */
function sqlCommand<Name extends string>(name: Name, statements: (size: number) => readonly RawBuilder<unknown>[]) {
  return defineCommand({
    name,
    payload: Type.Object({ size: Type.Integer() }),
    apply: async (tx, p) => {
      for (const statement of statements(p.size)) await statement.execute(tx);
      return null;
    },
  });
}

/** A writer whose commands can bring about what rarely happens by itself. */
const faults = {
  "test.exit": defineCommand({
    name: "test.exit",
    payload: Type.Object({}),
    apply: async () => {
      process.exit(1);
      return null;
    },
  }),
  "test.uncaught": defineCommand({
    name: "test.uncaught",
    payload: Type.Object({}),
    apply: async () => {
      setTimeout(() => {
        throw new Error("a fault outside of every command");
      });
      return null;
    },
  }),
  "test.bug": defineCommand({
    name: "test.bug",
    payload: Type.Object({}),
    apply: async () => {
      throw new TypeError("a bug in a command", { cause: new Error("its cause") });
    },
  }),
  /** Foreign keys are looked at only when the transaction commits: the commit itself fails. */
  "test.break_commit": sqlCommand("test.break_commit", () => [
    sql`PRAGMA defer_foreign_keys = ON`,
    sql`INSERT INTO uploads VALUES ('u', 'no file', 'nobody', NULL, NULL, 0, 0, 0)`,
  ]),
  /** The disk is full after this many pages more. */
  "test.limit_pages": defineCommand({
    name: "test.limit_pages",
    payload: Type.Object({ pages: Type.Integer() }),
    apply: async (tx, p) => {
      const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(tx);
      await sql.raw(`PRAGMA max_page_count = ${rows[0]!.page_count + p.pages}`).execute(tx);
      return null;
    },
  }),
  "test.fill": sqlCommand("test.fill", (size) => [
    sql`INSERT INTO ledger_transactions VALUES (${`fill-${size}`}, 'fill', ${"x".repeat(size)}, '', 0)`,
  ]),
};

await runWriter(parentPort!, workerData as WriterData, { ...commands, ...faults });
