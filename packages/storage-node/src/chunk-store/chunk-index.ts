import { rmSync } from "node:fs";
import { matchesSeal, sealIndexFile, sealOf } from "./index-seal.ts";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { storageError } from "./storage-error.ts";

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE chunk (
    name TEXT PRIMARY KEY,
    length INTEGER NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    last_read_at_ms INTEGER,
    damaged INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`;

/** Reads are noted in memory and written this many at a time: a lost note costs nothing but precision. */
const READ_NOTES_MAX = 512;
const WAL_BYTES_KEPT_MAX = 16 * 1024 * 1024;

/** One chunk as the index knows it. */
export interface IndexedChunk {
  readonly name: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
  readonly storedAtMs: number;
  readonly lastReadAtMs: number | undefined;
  /** Found to be rotten: neither served nor listed, and written anew when it is stored again. */
  readonly damaged: boolean;
}

export interface IndexTotals {
  readonly chunkCount: number;
  readonly usedBytes: number;
}

/**
 * The list of chunks held, in SQLite (WAL, synchronous NORMAL: a power cut may lose the latest rows). The chunk
 * files are the truth; whatever is lost here is found again by a walk over them.
 */
export class ChunkIndex {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #readNotes = new Map<ChunkName, number>();
  #totals: IndexTotals = { chunkCount: 0, usedBytes: 0 };

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    this.#statements = prepareStatements(db);
    this.recount();
  }

  get totals(): IndexTotals {
    return this.#totals;
  }

  get(name: ChunkName): IndexedChunk | undefined {
    return this.#guard("read the index of chunks", () => {
      const row = this.#statements.get.get(name);
      return row === undefined ? undefined : toIndexedChunk(row);
    });
  }

  /** Adds the chunk, or replaces its row (whole again, then). */
  put(chunk: { readonly name: ChunkName; readonly length: number; readonly storedAtMs: number }): void {
    const before = this.get(chunk.name);
    this.#guard("note a chunk in the index", () =>
      this.#statements.put.run(chunk.name, chunk.length, chunk.storedAtMs),
    );
    this.#count(before === undefined ? 1 : 0, chunk.length - (before?.length ?? 0));
  }

  /** Whether the index had it. */
  remove(name: ChunkName): boolean {
    const before = this.get(name);
    if (before === undefined) return false;
    this.#guard("remove a chunk from the index", () => this.#statements.remove.run(name));
    this.#readNotes.delete(name);
    this.#count(-1, -before.length);
    return true;
  }

  markDamaged(name: ChunkName): void {
    this.#guard("note a damaged chunk in the index", () => this.#statements.damage.run(name));
  }

  noteRead(name: ChunkName, atMs: number): void {
    this.#readNotes.set(name, atMs);
    if (this.#readNotes.size >= READ_NOTES_MAX) this.flushReadNotes();
  }

  flushReadNotes(): void {
    if (this.#readNotes.size === 0) return;
    this.transaction(() => {
      for (const [name, atMs] of this.#readNotes) this.#statements.noteRead.run(atMs, name);
    });
    this.#readNotes.clear();
  }

  /** Up to `limit` whole chunks with a name above `after`, ascending. */
  page(after: ChunkName | undefined, limit: number): readonly IndexedChunk[] {
    return this.#guard("list the index of chunks", () =>
      this.#statements.page.all(after ?? "", limit).map(toIndexedChunk),
    );
  }

  /** Every row with from ≤ name < to, damaged ones too. */
  range(from: string, to: string): readonly IndexedChunk[] {
    return this.#guard("list the index of chunks", () => this.#statements.range.all(from, to).map(toIndexedChunk));
  }

  /** Removes the rows with from ≤ name < to and answers how many; the totals wait for `recount`. */
  removeRange(from: string, to: string): number {
    return this.#guard("remove chunks from the index", () =>
      Number(this.#statements.removeRange.run(from, to).changes),
    );
  }

  /** Counts anew from the rows. */
  recount(): void {
    this.#totals = this.#guard("count the index of chunks", () => {
      const row = this.#statements.count.get();
      return { chunkCount: Number(row?.["count"]), usedBytes: Number(row?.["bytes"]) };
    });
  }

  transaction(work: () => void): void {
    this.#guard("write the index of chunks", () => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        work();
        this.#db.exec("COMMIT");
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  close(): void {
    this.#guard("close the index of chunks", () => {
      this.flushReadNotes();
      this.#db.close();
    });
    sealIndexFile(this.#file);
  }

  #count(chunks: number, bytes: number): void {
    this.#totals = {
      chunkCount: this.#totals.chunkCount + chunks,
      usedBytes: this.#totals.usedBytes + bytes,
    };
  }

  #guard<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, doing);
    }
  }
}

/**
 * Opens the index. One that is missing, damaged or of another version is made anew and is empty then.
 * @param wasClosed whether it was closed when it was used last: not a byte of it may have changed since then
 * @returns `rebuilt` says why it is empty, and is undefined where the old one was usable
 */
export function openChunkIndex(
  file: string,
  wasClosed = true,
): { readonly index: ChunkIndex; readonly rebuilt: string | undefined } {
  try {
    const isWhole = matchesSeal(file);
    rmSync(sealOf(file), { force: true });
    if (wasClosed && !isWhole) return { index: createIndex(file), rebuilt: "it is damaged: its bytes have changed" };
    const existing = openDatabase(file);
    const trouble = troubleWith(existing);
    if (trouble === undefined) return { index: new ChunkIndex(existing, file), rebuilt: undefined };
    existing.close();
    return { index: createIndex(file), rebuilt: trouble };
  } catch (error) {
    return { index: createIndex(file), rebuilt: error instanceof Error ? error.message : String(error) };
  }
}

function createIndex(file: string): ChunkIndex {
  try {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    const db = openDatabase(file);
    db.exec(`BEGIN; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return new ChunkIndex(db, file);
  } catch (error) {
    throw storageError(error, `make the index of chunks ${file}`);
  }
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function troubleWith(db: DatabaseSync): string | undefined {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version === 0) return "there was none";
  if (version !== SCHEMA_VERSION) return `it has version ${version}, not ${SCHEMA_VERSION}`;
  const verdict = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
  // A header that is damaged in the right place makes a database that can only be read.
  db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${SCHEMA_VERSION}; ROLLBACK`);
  return verdict === "ok" ? undefined : `it is damaged: ${String(verdict)}`;
}

function prepareStatements(db: DatabaseSync) {
  const columns = "name, length, stored_at_ms, last_read_at_ms, damaged";
  return {
    get: db.prepare(`SELECT ${columns} FROM chunk WHERE name = ?`),
    put: db.prepare(
      `INSERT INTO chunk (name, length, stored_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET length = excluded.length, stored_at_ms = excluded.stored_at_ms, damaged = 0`,
    ),
    remove: db.prepare("DELETE FROM chunk WHERE name = ?"),
    damage: db.prepare("UPDATE chunk SET damaged = 1 WHERE name = ?"),
    noteRead: db.prepare("UPDATE chunk SET last_read_at_ms = ? WHERE name = ?"),
    page: db.prepare(`SELECT ${columns} FROM chunk WHERE name > ? AND damaged = 0 ORDER BY name LIMIT ?`),
    range: db.prepare(`SELECT ${columns} FROM chunk WHERE name >= ? AND name < ? ORDER BY name`),
    removeRange: db.prepare("DELETE FROM chunk WHERE name >= ? AND name < ?"),
    count: db.prepare("SELECT count(*) AS count, coalesce(sum(length), 0) AS bytes FROM chunk"),
  } satisfies Record<string, StatementSync>;
}

function toIndexedChunk(row: Record<string, unknown>): IndexedChunk {
  const lastReadAtMs = row["last_read_at_ms"];
  return {
    name: row["name"] as ChunkName,
    length: Number(row["length"]),
    storedAtMs: Number(row["stored_at_ms"]),
    lastReadAtMs: lastReadAtMs === null ? undefined : Number(lastReadAtMs),
    damaged: row["damaged"] === 1,
  };
}
