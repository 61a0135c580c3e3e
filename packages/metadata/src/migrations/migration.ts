export type Dialect = "sqlite" | "postgres";

/** What the dialects name differently. */
export interface ColumnTypes {
  readonly dialect: Dialect;
  readonly int64: string;
  readonly float64: string;
  readonly bytes: string;
  readonly autoId: string;
  /** After a table: its rows lie in the order of the primary key, where the dialect can do that. */
  readonly clustered: string;
}

/** A forward-only step of the schema. Once released it never changes. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (types: ColumnTypes) => readonly string[];
}
