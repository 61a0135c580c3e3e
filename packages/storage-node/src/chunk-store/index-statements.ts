import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { IndexCounts, IndexedChunk, PackPlace } from "./chunk-index.ts";

export const CHUNK_COLUMNS =
  "name, length, stored_at_ms, last_read_at_ms, damaged, epoch, own, pack, pack_offset, sequence";

export function prepareStatements(db: DatabaseSync) {
  return {
    get: db.prepare(`SELECT ${CHUNK_COLUMNS} FROM chunk WHERE name = ?`),
    put: db.prepare(
      `INSERT INTO chunk (name, length, stored_at_ms, epoch, own, pack, pack_offset, sequence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET length = excluded.length, stored_at_ms = excluded.stored_at_ms, damaged = 0,
         epoch = excluded.epoch, own = excluded.own, pack = excluded.pack, pack_offset = excluded.pack_offset,
         sequence = excluded.sequence`,
    ),
    move: db.prepare("UPDATE chunk SET pack = ?, pack_offset = ?, sequence = ? WHERE name = ?"),
    raise: db.prepare("UPDATE chunk SET epoch = ?, own = ? WHERE name = ?"),
    remove: db.prepare("DELETE FROM chunk WHERE name = ?"),
    damage: db.prepare("UPDATE chunk SET damaged = 1 WHERE name = ?"),
    noteRead: db.prepare("UPDATE chunk SET last_read_at_ms = ? WHERE name = ?"),
    page: db.prepare(
      `SELECT ${CHUNK_COLUMNS} FROM chunk WHERE name > ? AND name <= ? AND damaged = 0 ORDER BY name LIMIT ?`,
    ),
    heldPage: db.prepare(`SELECT ${CHUNK_COLUMNS} FROM chunk WHERE name > ? ORDER BY name LIMIT ?`),
    range: db.prepare(`SELECT ${CHUNK_COLUMNS} FROM chunk WHERE name >= ? AND name < ? ORDER BY name`),
    removeRange: db.prepare("DELETE FROM chunk WHERE name >= ? AND name < ? AND pack IS NULL"),
    loseRange: db.prepare(
      `INSERT INTO loss (name, found_at_ms, why) SELECT name, ?, 'missing' FROM chunk
         WHERE name >= ? AND name < ? AND pack IS NULL
       ON CONFLICT (name) DO NOTHING`,
    ),
    lose: db.prepare("INSERT INTO loss (name, found_at_ms, why) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"),
    unlose: db.prepare("DELETE FROM loss WHERE name = ?"),
    acknowledge: db.prepare("DELETE FROM loss WHERE name = ? AND found_at_ms = ?"),
    losses: db.prepare("SELECT name, found_at_ms, why FROM loss ORDER BY found_at_ms, name LIMIT ?"),
    count: db.prepare(
      `SELECT count(*) AS chunks, coalesce(sum(length), 0) AS bytes,
         coalesce(sum(length) FILTER (WHERE pack IS NULL), 0) AS file_bytes, coalesce(max(sequence), 0) AS sequence, coalesce(sum(damaged), 0) AS damaged,
         coalesce(sum(length) FILTER (WHERE own = 1), 0) AS own, coalesce(sum(length) FILTER (WHERE own = 0), 0) AS lent
       FROM chunk`,
    ),
    countLosses: db.prepare("SELECT count(*) AS losses FROM loss"),
  } satisfies Record<string, StatementSync>;
}

export function toIndexedChunk(row: Record<string, unknown>): IndexedChunk {
  const own = numberOf(row["own"]);
  return {
    name: row["name"] as ChunkName,
    length: Number(row["length"]),
    storedAtMs: Number(row["stored_at_ms"]),
    lastReadAtMs: numberOf(row["last_read_at_ms"]),
    damaged: row["damaged"] === 1,
    epoch: numberOf(row["epoch"]),
    own: own === undefined ? undefined : own === 1,
    packed: row["pack"] === null ? undefined : toPackPlace(row),
  };
}

export function toPackPlace(row: Record<string, unknown>): PackPlace {
  return { pack: Number(row["pack"]), offset: Number(row["pack_offset"]), sequence: Number(row["sequence"]) };
}

export function toCounts(row: Record<string, unknown>, losses: Record<string, unknown>): IndexCounts {
  return {
    chunkCount: Number(row["chunks"]),
    heldBytes: Number(row["bytes"]),
    fileBytes: Number(row["file_bytes"]),
    ownBytes: Number(row["own"]),
    lentBytes: Number(row["lent"]),
    damagedCount: Number(row["damaged"]),
    lossCount: Number(losses["losses"]),
  };
}

function numberOf(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}
