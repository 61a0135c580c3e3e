import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPayloadCheck } from "@commonhold/metadata/commands/check-payload.ts";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import type { CommandName, CommandPayload, CommandResult, Metadata } from "@commonhold/metadata/metadata.ts";
import { answerPreparedQueries } from "@commonhold/metadata/prepared-query.ts";
import { applyBatch } from "@commonhold/metadata/sqlite/apply-batch.ts";
import { fromThreadErrorRecord } from "@commonhold/metadata/sqlite/error-record.ts";
import {
  createNodeSqliteConnection,
  createNodeSqliteDialect,
  READ_TRANSACTION,
  SAVEPOINT,
  type TransactionStatements,
  WRITE_TRANSACTION,
} from "@commonhold/metadata/sqlite/node-sqlite-dialect.ts";
import { openReader, openWriter } from "@commonhold/metadata/sqlite/open-database.ts";
import { createReadSnapshots } from "@commonhold/metadata/sqlite/read-snapshots.ts";
import type { CommandAnswer, QueuedCommand } from "@commonhold/metadata/sqlite/writer-messages.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { Kysely, type Transaction } from "kysely";

export interface InlineMetadata extends Metadata {
  /** Past every command: for deliberate defects. */
  tamper(change: (tx: Transaction<Tables>) => Promise<void>): Promise<void>;
}

interface Waiting {
  readonly command: QueuedCommand;
  readonly answered: (answer: CommandAnswer) => void;
}

/**
 * The production engine's parts on a real file, without its thread: commands are applied as soon as no promise is in
 * the way, those that were given together in one transaction. So nothing depends on the machine's speed. What a power
 * cut would take is not kept safe here.
 */
export async function openInlineMetadata(nowMs: number): Promise<InlineMetadata> {
  const folder = mkdtempSync(join(tmpdir(), "commonhold-economy-"));
  const file = join(folder, "metadata.db");
  const database = await openWriter(file, nowMs);
  database.exec("PRAGMA synchronous = OFF");
  const reader = openReader(file);
  const read = kyselyOf(reader, READ_TRANSACTION);
  const savepoints = kyselyOf(database, SAVEPOINT);
  const transactions = kyselyOf(database, WRITE_TRANSACTION);
  const snapshots = createReadSnapshots(file);
  const checkPayload = createPayloadCheck(commands);
  let waiting: Waiting[] = [];
  let working: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const { answers } = await applyBatch(
        { database, savepoints, commands },
        batch.map(({ command }) => command),
      );
      for (const [index, { answered }] of batch.entries()) answered(answers[index]!);
    }
    working = undefined;
  };

  const apply = <Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<CommandResult<Name>> =>
    new Promise((resolve, reject) => {
      checkPayload(name, payload);
      const answered = (answer: CommandAnswer): void => {
        if (answer.ok) resolve(answer.result as CommandResult<Name>);
        else reject(fromThreadErrorRecord(answer.error));
      };
      waiting.push({ command: { name, payload: JSON.stringify(payload) }, answered });
      working ??= Promise.resolve().then(work);
    });

  return {
    read,
    snapshot: snapshots.snapshot,
    apply,
    tamper: async (change) => {
      await working;
      await transactions.transaction().execute(change);
    },
    close: async () => {
      await working;
      await snapshots.close();
      reader.close();
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function kyselyOf(database: Parameters<typeof createNodeSqliteDialect>[0], statements: TransactionStatements) {
  const kysely = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, statements) });
  const connection = createNodeSqliteConnection(database);
  answerPreparedQueries(kysely, (query) => connection.executeQuery(query));
  return kysely;
}
