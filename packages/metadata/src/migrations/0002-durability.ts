import type { ColumnTypes, Migration } from "./migration.ts";

/**
 * What repair, deletion and redundancy need. Chunks, their places in files and their copies are walked in the order of
 * their keys all the time, so their rows lie in that order from now on.
 */
export const durability: Migration = {
  version: 2,
  name: "durability",
  statements: (types) => [
    ...rebuildChunkTables(types),
    ...extendFiles(types),
    ...deletionTables(types),
    ...operationTables(types),
  ],
};

function rebuildChunkTables(types: ColumnTypes): readonly string[] {
  return [
    "DROP INDEX file_chunks_by_chunk",
    "DROP INDEX assignments_by_node",
    ...["chunks", "file_chunks", "assignments"].map((table) => `ALTER TABLE ${table} RENAME TO ${table}_1`),
    ...chunkTables(types),
    `INSERT INTO chunks (name, owner_id, sealed_length, copies, created_at_ms)
      SELECT name, owner_id, sealed_length, copies, created_at_ms FROM chunks_1 ORDER BY name`,
    `INSERT INTO file_chunks (file_id, chunk_index, chunk_name, plain_length, sealed_entry)
      SELECT file_id, chunk_index, chunk_name, plain_length, sealed_entry FROM file_chunks_1
      ORDER BY file_id, chunk_index`,
    `INSERT INTO assignments (chunk_name, node_id, state, updated_at_ms)
      SELECT chunk_name, node_id, state, updated_at_ms FROM assignments_1 ORDER BY chunk_name, node_id`,
    ...["assignments", "file_chunks", "chunks"].map((table) => `DROP TABLE ${table}_1`),
    "CREATE INDEX file_chunks_by_chunk ON file_chunks (chunk_name)",
    "CREATE INDEX assignments_by_node ON assignments (node_id, state, chunk_name, updated_at_ms)",
  ];
}

function chunkTables({ int64, bytes, clustered }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE chunks (
      name TEXT PRIMARY KEY NOT NULL,
      owner_id TEXT NOT NULL REFERENCES users (id),
      sealed_length ${int64} NOT NULL,
      copies ${int64} NOT NULL,
      priority ${int64} NOT NULL DEFAULT 2,
      pinned ${int64} NOT NULL DEFAULT 0,
      created_at_ms ${int64} NOT NULL
    ) ${clustered}`,
    `CREATE TABLE file_chunks (
      file_id TEXT NOT NULL REFERENCES files (id),
      chunk_index ${int64} NOT NULL,
      chunk_name TEXT NOT NULL REFERENCES chunks (name),
      plain_length ${int64} NOT NULL,
      sealed_entry ${bytes} NOT NULL,
      PRIMARY KEY (file_id, chunk_index)
    ) ${clustered}`,
    `CREATE TABLE assignments (
      chunk_name TEXT NOT NULL REFERENCES chunks (name),
      node_id TEXT NOT NULL REFERENCES nodes (id),
      state TEXT NOT NULL,
      updated_at_ms ${int64} NOT NULL,
      PRIMARY KEY (chunk_name, node_id)
    ) ${clustered}`,
  ];
}

function extendFiles({ int64, clustered }: ColumnTypes): readonly string[] {
  return [
    `ALTER TABLE files ADD COLUMN priority ${int64} NOT NULL DEFAULT 2`,
    `ALTER TABLE files ADD COLUMN pinned ${int64} NOT NULL DEFAULT 0`,
    "CREATE INDEX files_by_deletion ON files (deleted_at_ms, id) WHERE deleted_at_ms IS NOT NULL",
    `CREATE TABLE file_pins (
      file_id TEXT NOT NULL REFERENCES files (id),
      node_id TEXT NOT NULL REFERENCES nodes (id),
      PRIMARY KEY (file_id, node_id)
    ) ${clustered}`,
  ];
}

function deletionTables({ int64, clustered }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE deletions (
      node_id TEXT NOT NULL REFERENCES nodes (id),
      chunk_name TEXT NOT NULL,
      epoch ${int64} NOT NULL,
      reason TEXT NOT NULL,
      queued_at_ms ${int64} NOT NULL,
      settled_at_ms ${int64},
      PRIMARY KEY (node_id, chunk_name)
    ) ${clustered}`,
    "CREATE INDEX deletions_waiting ON deletions (node_id, chunk_name) WHERE settled_at_ms IS NULL",
    "CREATE INDEX deletions_settled ON deletions (settled_at_ms) WHERE settled_at_ms IS NOT NULL",
    `CREATE TABLE counters (
      name TEXT PRIMARY KEY NOT NULL,
      value ${int64} NOT NULL
    )`,
  ];
}

function operationTables({ int64, autoId }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE job_settings (
      name TEXT PRIMARY KEY NOT NULL,
      paused ${int64} NOT NULL,
      throttle TEXT
    )`,
    `CREATE TABLE node_events (
      id ${autoId},
      node_id TEXT NOT NULL REFERENCES nodes (id),
      at_ms ${int64} NOT NULL,
      from_status TEXT NOT NULL,
      to_status TEXT NOT NULL,
      why TEXT NOT NULL
    )`,
    "CREATE INDEX node_events_by_node ON node_events (node_id, id)",
  ];
}
