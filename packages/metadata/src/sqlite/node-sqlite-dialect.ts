import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { AppError } from "@commonhold/core/app-error.ts";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { CachedStatements } from "./cached-statements.ts";
import { toSqliteStorageError } from "./sqlite-error.ts";

const STATEMENTS_MAX = 256;

/** What begins and ends a transaction of Kysely. */
export interface TransactionStatements {
  readonly begin: string;
  readonly commit: string;
  readonly rollback: string;
}

export const READ_TRANSACTION: TransactionStatements = { begin: "BEGIN", commit: "COMMIT", rollback: "ROLLBACK" };
export const WRITE_TRANSACTION: TransactionStatements = { ...READ_TRANSACTION, begin: "BEGIN IMMEDIATE" };

/** Kysely's transactions become savepoints of a transaction that somebody else begins and commits. */
export const SAVEPOINT: TransactionStatements = {
  begin: "SAVEPOINT command",
  commit: "RELEASE command",
  rollback: "ROLLBACK TO command; RELEASE command",
};

/**
 * Kysely over one connection of node:sqlite. Columns ending in `_microcredits` are read as bigint, all other integers
 * as number; whole numbers are bound as integers. Destroying the Kysely instance leaves the connection open: it
 * belongs to the caller.
 */
export function createNodeSqliteDialect(database: DatabaseSync, transaction: TransactionStatements): Dialect {
  return {
    createDriver: () => createDriver(database, transaction),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
}

function createDriver(database: DatabaseSync, transaction: TransactionStatements): Driver {
  const connection = createNodeSqliteConnection(database);
  const execute = (sql: string): void => {
    try {
      database.exec(sql);
    } catch (error) {
      throw toSqliteStorageError(error, "Could not work on the metadata database");
    }
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: async () => execute(transaction.begin),
    commitTransaction: async () => execute(transaction.commit),
    // A full disk or an I/O error may have made SQLite roll back on its own.
    rollbackTransaction: async () => (database.isTransaction ? execute(transaction.rollback) : undefined),
    releaseConnection: async () => {},
    destroy: async () => {},
  };
}

/** How queries are answered, for who has no need of what Kysely does around it. */
export function createNodeSqliteConnection(database: DatabaseSync): DatabaseConnection {
  const statements = new CachedStatements(database, STATEMENTS_MAX);
  return {
    executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
      try {
        return executeQuery<Row>(statements, query);
      } catch (error) {
        throw toSqliteStorageError(error, "Could not work on the metadata database");
      }
    },
    // An open cursor would hold the one connection, and with it every other read, for as long as its reader likes.
    streamQuery: () => {
      throw new AppError("INTERNAL", "rows cannot be streamed from SQLite: read them page by page");
    },
  };
}

function executeQuery<Row>(statements: CachedStatements, query: CompiledQuery): QueryResult<Row> {
  const { statement, returnsRows, numberColumns } = statements.get(query.sql);
  const parameters = query.parameters.map(toSqliteValue);
  if (!returnsRows) {
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
  const rows = statement.all(...parameters);
  if (numberColumns !== undefined) {
    for (const row of rows) {
      for (const column of numberColumns) row[column] = toNumber(row[column]);
    }
  }
  return { rows: rows as Row[] };
}

/** node:sqlite binds every number as a floating-point value; a whole one is meant as an integer. */
function toSqliteValue(value: unknown): SQLInputValue {
  return Number.isSafeInteger(value) ? BigInt(value as number) : (value as SQLInputValue);
}

function toNumber<Value>(value: Value | bigint | undefined): Value | number | null {
  if (value === undefined) return null;
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new RangeError(`${value} does not fit a number: name its column "…_microcredits" to read it as bigint`);
  }
  return number;
}
