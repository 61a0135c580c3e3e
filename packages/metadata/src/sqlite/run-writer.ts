import type { DatabaseSync } from "node:sqlite";
import type { MessagePort } from "node:worker_threads";
import { Kysely } from "kysely";
import type { AnyCommand } from "../command.ts";
import { answerPreparedQueries } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { applyBatch } from "./apply-batch.ts";
import { toThreadErrorRecord } from "./error-record.ts";
import { createNodeSqliteConnection, createNodeSqliteDialect, SAVEPOINT } from "./node-sqlite-dialect.ts";
import { openWriter } from "./open-database.ts";
import { asStorageFailure } from "./sqlite-error.ts";
import type { WriterData, WriterReport, WriterRequest } from "./writer-messages.ts";

/**
 * The life of the writer thread: opens the database, applies the batches that it is sent one after another (the other
 * side sends the next when it has the answer to the last), closes. A fault that is no refusal of a command ends the
 * thread.
 */
export async function runWriter(
  port: MessagePort,
  data: WriterData,
  commands: Readonly<Record<string, AnyCommand>>,
): Promise<void> {
  const report = (message: WriterReport): void => port.postMessage(message);
  let database: DatabaseSync;
  try {
    database = await openWriter(data.file, data.nowMs);
  } catch (error) {
    report({ kind: "notOpened", error: toThreadErrorRecord(asStorageFailure(error, `Could not open "${data.file}"`)) });
    return;
  }
  const savepoints = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, SAVEPOINT) });
  const connection = createNodeSqliteConnection(database);
  answerPreparedQueries(savepoints, (query) => connection.executeQuery(query));

  const serve = async (request: WriterRequest): Promise<void> => {
    if (request.kind === "batch") {
      const outcome = await applyBatch({ database, savepoints, commands }, request.commands);
      report({ kind: "batchDone", outcome });
    } else {
      // Closing the last connection moves the log into the database file and removes it.
      database.close();
      report({ kind: "closed" });
      port.close();
    }
  };
  // A rejection is unhandled on purpose: it ends the thread, and with it the engine, loudly.
  port.on("message", (request: WriterRequest) => void serve(request));
  report({ kind: "opened" });
}
