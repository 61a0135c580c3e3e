import type { DatabaseSync } from "node:sqlite";

/** What makes version n + 1 of the index out of version n. A version that was released is never changed. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE chunk (
    name TEXT PRIMARY KEY,
    length INTEGER NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    last_read_at_ms INTEGER,
    damaged INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`,
  // NULL: stored by an earlier version, or found without a row.
  `ALTER TABLE chunk ADD COLUMN epoch INTEGER;
  ALTER TABLE chunk ADD COLUMN own INTEGER;
  CREATE TABLE loss (
    name TEXT PRIMARY KEY,
    found_at_ms INTEGER NOT NULL,
    why TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  // NULL: the chunk has a file of its own.
  `ALTER TABLE chunk ADD COLUMN pack INTEGER;
  ALTER TABLE chunk ADD COLUMN pack_offset INTEGER;
  ALTER TABLE chunk ADD COLUMN sequence INTEGER;
  CREATE INDEX chunk_pack ON chunk (pack, pack_offset, length) WHERE pack IS NOT NULL;
  CREATE TABLE pack (
    number INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL,
    sequence INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tombstone (
    name TEXT PRIMARY KEY,
    pack INTEGER NOT NULL,
    pack_offset INTEGER NOT NULL,
    sequence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tombstone_pack ON tombstone (pack);
  CREATE TABLE dead (
    name TEXT NOT NULL,
    pack INTEGER NOT NULL,
    PRIMARY KEY (name, pack)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dead_pack ON dead (pack)`,
];

export const INDEX_VERSION = MIGRATIONS.length;

export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Brings an index of any earlier version up to date, in one step: all of it, or where it throws, nothing. */
export function migrateIndex(db: DatabaseSync): void {
  const version = versionOf(db);
  if (version === INDEX_VERSION) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${INDEX_VERSION}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
