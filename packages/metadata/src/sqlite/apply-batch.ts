import type { DatabaseSync } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Kysely } from "kysely";
import type { AnyCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { toThreadErrorRecord } from "./error-record.ts";
import { asStorageFailure } from "./sqlite-error.ts";
import type { BatchOutcome, CommandAnswer, QueuedCommand } from "./writer-messages.ts";

export interface BatchDeps {
  /** The writing connection. */
  readonly database: Pick<DatabaseSync, "exec" | "isTransaction">;
  /** Over the same connection; its transactions are savepoints. */
  readonly savepoints: Kysely<Tables>;
  readonly commands: Readonly<Record<string, AnyCommand>>;
}

/**
 * Group commit: applies commands in order in one transaction with one sync. Each has a savepoint of its own, so a
 * refusal undoes that command alone; when the transaction itself fails, every command of the batch fails.
 */
export async function applyBatch(deps: BatchDeps, batch: readonly QueuedCommand[]): Promise<BatchOutcome> {
  const { database } = deps;
  const answers: CommandAnswer[] = [];
  try {
    database.exec("BEGIN IMMEDIATE");
    for (const command of batch) {
      const error = await applyCommand(deps, command, answers);
      if (!database.isTransaction) throw error;
    }
    database.exec("COMMIT");
    return { answers, committed: true };
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    const failure = toThreadErrorRecord(asStorageFailure(error, "Could not commit the change of the metadata"));
    return { answers: batch.map(() => ({ ok: false, error: failure })), committed: false };
  }
}

/** Answers the command; returns the error that refused it. */
async function applyCommand(deps: BatchDeps, command: QueuedCommand, answers: CommandAnswer[]): Promise<unknown> {
  try {
    const { apply } = deps.commands[command.name]!;
    const payload = JSON.parse(command.payload) as never;
    const result = await deps.savepoints.transaction().execute((tx) => apply(tx, payload));
    answers.push({ ok: true, result });
    return undefined;
  } catch (error) {
    answers.push({ ok: false, error: toThreadErrorRecord(asRefusal(error, command.name)) });
    return error;
  }
}

function asRefusal(error: unknown, commandName: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError("INTERNAL", `the command ${commandName} failed; the log has the cause`, { cause: error });
}
