import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { IndexedChunk, IndexTotals } from "./chunk-index.ts";

const COLUMNS = "name, length, stored_at_ms, last_read_at_ms, damaged, epoch, own";

export function prepareStatements(db: DatabaseSync) {
  return {
    get: db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE name = ?`),
    put: db.prepare(
      `INSERT INTO chunk (name, length, stored_at_ms, epoch, own) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET length = excluded.length, stored_at_ms = excluded.stored_at_ms, damaged = 0,
         epoch = excluded.epoch, own = excluded.own`,
    ),
    raise: db.prepare("UPDATE chunk SET epoch = ?, own = ? WHERE name = ?"),
    remove: db.prepare("DELETE FROM chunk WHERE name = ?"),
    damage: db.prepare("UPDATE chunk SET damaged = 1 WHERE name = ?"),
    noteRead: db.prepare("UPDATE chunk SET last_read_at_ms = ? WHERE name = ?"),
    page: db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE name > ? AND name <= ? AND damaged = 0 ORDER BY name LIMIT ?`),
    heldPage: db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE name > ? ORDER BY name LIMIT ?`),
    range: db.prepare(`SELECT ${COLUMNS} FROM chunk WHERE name >= ? AND name < ? ORDER BY name`),
    removeRange: db.prepare("DELETE FROM chunk WHERE name >= ? AND name < ?"),
    loseRange: db.prepare(
      `INSERT INTO loss (name, found_at_ms, why) SELECT name, ?, 'missing' FROM chunk WHERE name >= ? AND name < ?
       ON CONFLICT (name) DO NOTHING`,
    ),
    lose: db.prepare("INSERT INTO loss (name, found_at_ms, why) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"),
    unlose: db.prepare("DELETE FROM loss WHERE name = ?"),
    acknowledge: db.prepare("DELETE FROM loss WHERE name = ? AND found_at_ms = ?"),
    losses: db.prepare("SELECT name, found_at_ms, why FROM loss ORDER BY found_at_ms, name LIMIT ?"),
    count: db.prepare(
      `SELECT count(*) AS chunks, coalesce(sum(length), 0) AS bytes, coalesce(sum(damaged), 0) AS damaged,
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
  };
}

export function toTotals(row: Record<string, unknown>, losses: Record<string, unknown>): IndexTotals {
  return {
    chunkCount: Number(row["chunks"]),
    usedBytes: Number(row["bytes"]),
    ownBytes: Number(row["own"]),
    lentBytes: Number(row["lent"]),
    damagedCount: Number(row["damaged"]),
    lossCount: Number(losses["losses"]),
  };
}

function numberOf(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}
