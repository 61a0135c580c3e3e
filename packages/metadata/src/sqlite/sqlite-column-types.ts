import type { ColumnTypes } from "../migrations/migration.ts";

export const SQLITE_COLUMN_TYPES: ColumnTypes = {
  dialect: "sqlite",
  int64: "INTEGER",
  float64: "REAL",
  bytes: "BLOB",
  // AUTOINCREMENT: an id is never given twice, so a cursor over ids stays right after rows were deleted.
  autoId: "INTEGER PRIMARY KEY AUTOINCREMENT",
  clustered: "WITHOUT ROWID",
};
