import { Worker } from "node:worker_threads";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { Kysely } from "kysely";
import { createPayloadCheck } from "../commands/check-payload.ts";
import { commands } from "../commands/registry.ts";
import type { CommandName, CommandPayload, CommandResult, Metadata } from "../metadata.ts";
import type { Tables } from "../tables.ts";
import { answerPreparedQueries } from "../prepared-query.ts";
import { createNodeSqliteConnection, createNodeSqliteDialect, READ_TRANSACTION } from "./node-sqlite-dialect.ts";
import { openReader } from "./open-database.ts";
import { createReadSnapshots } from "./read-snapshots.ts";
import {
  openSqliteWriter,
  type SqliteWriter,
  WRITER_LIMITS,
  type WriterLimits,
  type WriterStats,
} from "./sqlite-writer.ts";
import type { WriterData } from "./writer-messages.ts";

/** Commands are small and short-lived. */
const WRITER_HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };
const PAYLOAD_CHARACTERS_MAX = 4 * 1024 * 1024;

export interface SqliteMetadataDeps {
  readonly logger: Pick<Logger, "error">;
  readonly clock: Pick<Clock, "nowMs">;
}

export interface SqliteMetadataOptions {
  /** The database file; made where it is missing, in a folder that exists. */
  readonly file: string;
  readonly limits?: Partial<WriterLimits>;
}

export interface SqliteMetadata extends Metadata {
  stats(): WriterStats;
}

/**
 * The embedded engine. One worker thread owns the only writing connection and commits what waits together, with full
 * sync; queries run on a read-only connection of the calling thread. They share that connection: within a read
 * transaction, query through the transaction, and read long results page by page.
 * @throws AppError INVALID_CONFIG for the database of a newer version or of another program, STORAGE_FAILURE or
 *   NO_SPACE where the file cannot be used
 */
export async function openSqliteMetadata(
  deps: SqliteMetadataDeps,
  options: SqliteMetadataOptions,
): Promise<SqliteMetadata> {
  const workerData: WriterData = { file: options.file, nowMs: deps.clock.nowMs() };
  const writer = await openSqliteWriter(
    {
      spawn: () =>
        new Worker(new URL("./writer-worker.ts", import.meta.url), {
          name: "metadata",
          workerData,
          resourceLimits: WRITER_HEAP,
        }),
      logger: deps.logger,
    },
    { ...WRITER_LIMITS, ...options.limits },
  );
  try {
    return createSqliteMetadata(writer, options.file);
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function createSqliteMetadata(writer: SqliteWriter, file: string): SqliteMetadata {
  const checkPayload = createPayloadCheck(commands);
  const reader = openReader(file);
  const read = new Kysely<Tables>({ dialect: createNodeSqliteDialect(reader, READ_TRANSACTION) });
  const connection = createNodeSqliteConnection(reader);
  answerPreparedQueries(read, (query) => connection.executeQuery(query));
  const snapshots = createReadSnapshots(file);
  let closed: Promise<void> | undefined;

  const apply = async <Name extends CommandName>(
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<CommandResult<Name>> => {
    checkPayload(name, payload);
    const text = JSON.stringify(payload);
    if (text.length > PAYLOAD_CHARACTERS_MAX) {
      throw new AppError("INVALID_REQUEST", `${name}: ${text.length} characters are more than a command may have`);
    }
    return (await writer.apply({ name, payload: text })) as CommandResult<Name>;
  };

  /** The reader first: the last connection to close moves the log into the database file. */
  const close = async (): Promise<void> => {
    writer.stopAccepting();
    await snapshots.close();
    await read.destroy();
    reader.close();
    await writer.close();
  };

  return {
    read,
    snapshot: snapshots.snapshot,
    apply,
    stats: () => writer.stats(),
    close: () => (closed ??= close()),
  };
}
