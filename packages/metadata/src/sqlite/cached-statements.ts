import type { DatabaseSync, StatementSync } from "node:sqlite";

const MONEY_COLUMN = /_microcredits$/;

export interface CachedStatement {
  readonly statement: StatementSync;
  /** Whether it answers with rows. */
  readonly returnsRows: boolean;
  /** Columns to turn from bigint into number; undefined where SQLite already answers with numbers. */
  readonly numberColumns: readonly string[] | undefined;
}

/** Prepared statements by their text, the least recently used dropped first. */
export class CachedStatements {
  readonly #database: DatabaseSync;
  readonly #countMax: number;
  readonly #bySql = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync, countMax: number) {
    this.#database = database;
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#bySql.size;
  }

  get(sql: string): CachedStatement {
    const cached = this.#bySql.get(sql) ?? prepare(this.#database, sql);
    this.#bySql.delete(sql);
    this.#bySql.set(sql, cached);
    if (this.#bySql.size > this.#countMax) {
      for (const oldest of this.#bySql.keys()) {
        this.#bySql.delete(oldest);
        break;
      }
    }
    return cached;
  }
}

/** Money is read as bigint, every other integer as number. */
function prepare(database: DatabaseSync, sql: string): CachedStatement {
  const statement = database.prepare(sql);
  const columns = statement.columns().map((column) => column.name);
  const hasMoney = columns.some((name) => MONEY_COLUMN.test(name));
  if (hasMoney) statement.setReadBigInts(true);
  return {
    statement,
    returnsRows: columns.length > 0,
    numberColumns: hasMoney ? columns.filter((name) => !MONEY_COLUMN.test(name)) : undefined,
  };
}
