import { DatabaseSync } from "node:sqlite";
import type { SweptChunk } from "./swept-network.ts";

const FILE_ID = "file-0";
const OWNER_ID = "user-0";

/**
 * Writes chunks straight into a database that has its tables, without a command for each: a million commands would take
 * far longer than what is to be measured.
 */
export function fillSqlite(
  file: string,
  network: { readonly nodes: number; readonly chunks: Iterable<SweptChunk> },
): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN");
  const addChunk = database.prepare(
    "INSERT INTO chunks (name, owner_id, sealed_length, copies, created_at_ms) VALUES (?, ?, ?, ?, 0)",
  );
  const addUse = database.prepare(
    "INSERT INTO file_chunks (file_id, chunk_index, chunk_name, plain_length, sealed_entry) VALUES (?, ?, ?, ?, x'00')",
  );
  const addCopy = database.prepare(
    "INSERT INTO assignments (chunk_name, node_id, state, updated_at_ms) VALUES (?, ?, 'active', 0)",
  );
  let index = 0;
  for (const { name, sealedLength, holders } of network.chunks) {
    addChunk.run(name, OWNER_ID, sealedLength, holders.length);
    addUse.run(FILE_ID, index++, name, sealedLength);
    for (const nodeId of holders) addCopy.run(name, nodeId);
  }
  database.exec("COMMIT; ANALYZE");
  database.close();
}
