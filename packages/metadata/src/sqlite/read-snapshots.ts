import { AppError } from "@commonhold/core/app-error.ts";
import { Kysely } from "kysely";
import type { Metadata } from "../metadata.ts";
import { answerPreparedQueries } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { createNodeSqliteConnection, createNodeSqliteDialect, SAVEPOINT } from "./node-sqlite-dialect.ts";
import { openReader } from "./open-database.ts";

/** As long as one is open, the log that it reads from cannot be cut. */
const OPEN_MAX = 4;

export interface ReadSnapshots {
  readonly snapshot: Metadata["snapshot"];
  /** Takes no new ones and waits for those that are open. */
  close(): Promise<void>;
}

/** Read transactions, each on a connection of its own. */
export function createReadSnapshots(file: string): ReadSnapshots {
  const open = new Set<Promise<unknown>>();
  let isClosed = false;

  const snapshot = async <Result>(use: (read: Kysely<Tables>) => Promise<Result>): Promise<Result> => {
    if (isClosed) throw new AppError("SHUTTING_DOWN", "the metadata is being closed");
    if (open.size >= OPEN_MAX) {
      throw new AppError("OVERLOADED", `${open.size} snapshots of the metadata are read already: try again later`);
    }
    const reading = readSnapshot(file, use);
    open.add(reading);
    try {
      return await reading;
    } finally {
      open.delete(reading);
    }
  };

  return {
    snapshot,
    close: async () => {
      isClosed = true;
      await Promise.allSettled(open);
    },
  };
}

async function readSnapshot<Result>(file: string, use: (read: Kysely<Tables>) => Promise<Result>): Promise<Result> {
  const database = openReader(file);
  try {
    database.exec("BEGIN");
    // The state that a transaction sees is that of its first read.
    database.prepare("SELECT max(version) FROM schema_migrations").get();
    const read = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, SAVEPOINT) });
    const connection = createNodeSqliteConnection(database);
    answerPreparedQueries(read, (query) => connection.executeQuery(query));
    return await use(read);
  } finally {
    // Which ends the transaction.
    database.close();
  }
}
