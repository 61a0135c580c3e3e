import type { DatabaseSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { IndexedChunk, PackPlace } from "../chunk-index.ts";
import { CHUNK_COLUMNS, toIndexedChunk, toPackPlace } from "../index-statements.ts";
import { PACK_HEADER_BYTES, RECORD_ALIGNMENT, RECORD_HEADER_BYTES, recordBytes } from "./pack-format.ts";
import { PackUse } from "./pack-use.ts";

export interface IndexedTombstone {
  readonly name: ChunkName;
  readonly place: PackPlace;
}

/**
 * What the index knows of packs beside the chunks in them. A *dead* row says that a pack has a record of that name that
 * is not needed any more; as long as one is there, the name's tombstone is, or else an index that is made anew would
 * hold the chunk again. Changes are made within `ChunkIndex.transaction`.
 */
export class PackIndex {
  readonly use = new PackUse();
  readonly #statements: ReturnType<typeof preparePackStatements>;

  constructor(db: DatabaseSync) {
    this.#statements = preparePackStatements(db);
    this.reload();
  }

  /** Counts anew from the rows. */
  reload(): void {
    this.use.clear();
    for (const row of this.#statements.packs.all()) this.use.setBytes(Number(row["number"]), Number(row["bytes"]));
    for (const row of this.#statements.alive.all()) this.use.addAlive(Number(row["pack"]), Number(row["bytes"]));
    for (const row of this.#statements.countTombstones.all()) {
      this.use.addAlive(Number(row["pack"]), Number(row["count"]) * recordBytes(0));
    }
  }

  /** None of a record is higher, not even of one that no row tells of any more. */
  get sequenceMax(): number {
    return Number(this.#statements.sequenceMax.get()?.["sequence"]);
  }

  /** Of all packs that the index knows, ascending. */
  get numbers(): readonly number[] {
    return this.#statements.packs.all().map((row) => Number(row["number"]));
  }

  /** How much of the pack the index knows; undefined where it does not know the pack. */
  bytesOf(pack: number): number | undefined {
    const bytes = this.#statements.bytesOf.get(pack)?.["bytes"];
    return bytes === undefined ? undefined : Number(bytes);
  }

  /** Notes that the index knows the first `bytes` of the pack. */
  /** @param sequence the highest that was given until now */
  setBytes(pack: number, bytes: number, sequence: number): void {
    this.#statements.setBytes.run(pack, bytes, sequence);
    this.use.setBytes(pack, bytes);
  }

  addDead(name: ChunkName, pack: number): void {
    this.#statements.addDead.run(name, pack);
  }

  tombstoneOf(name: ChunkName): PackPlace | undefined {
    const row = this.#statements.tombstoneOf.get(name);
    return row === undefined ? undefined : toPackPlace(row);
  }

  /** Notes where the name's latest tombstone is. */
  bury(name: ChunkName, { pack, offset, sequence }: PackPlace): void {
    const before = this.tombstoneOf(name);
    if (before !== undefined) this.use.addAlive(before.pack, -recordBytes(0));
    this.#statements.bury.run(name, pack, offset, sequence);
    this.use.addAlive(pack, recordBytes(0));
  }

  /** Up to `limit` rows of chunks that lie in the pack behind `offset`, in their order there; damaged ones too. */
  rowsIn(pack: number, offset: number, limit: number): readonly IndexedChunk[] {
    return this.#statements.rowsIn.all(pack, offset, limit).map(toIndexedChunk);
  }

  /** Up to `limit` tombstones in the pack that keep records of other packs dead. */
  tombstonesIn(pack: number, limit: number): readonly IndexedTombstone[] {
    return this.#statements.tombstonesIn
      .all(pack, pack, limit)
      .map((row) => ({ name: row["name"] as ChunkName, place: toPackPlace(row) }));
  }

  /**
   * Forgets up to `limit` dead records of a pack whose file is gone for good, and tombstones that kept nothing else dead:
   * a long list of them at once would hold up everything else. `drop` forgets the rest.
   * @returns how many
   */
  dropDead(pack: number, limit: number): number {
    for (const row of this.#statements.dropSomeTombstones.all(pack, limit, pack)) {
      this.use.addAlive(Number(row["pack"]), -recordBytes(0));
    }
    return Number(this.#statements.dropSomeDead.run(pack, pack, limit).changes);
  }

  /** Notes that the pack's file is gone for good, with all that lay in it. */
  drop(pack: number): void {
    for (const row of this.#statements.dropTombstones.all(pack, pack, pack)) {
      this.use.addAlive(Number(row["pack"]), -recordBytes(0));
    }
    this.#statements.dropDead.run(pack);
    this.#statements.dropPack.run(pack);
    this.use.drop(pack);
  }

  /** Forgets tombstones that keep nothing dead. */
  dropIdleTombstones(): void {
    for (const row of this.#statements.dropIdleTombstones.all()) {
      this.use.addAlive(Number(row["pack"]), -recordBytes(0));
    }
  }
}

/** `recordBytes` in SQL. */
const RECORD_BYTES_SQL = `(length + ${RECORD_HEADER_BYTES + RECORD_ALIGNMENT - 1}) / ${RECORD_ALIGNMENT} * ${RECORD_ALIGNMENT}`;

function preparePackStatements(db: DatabaseSync) {
  return {
    packs: db.prepare("SELECT number, bytes FROM pack ORDER BY number"),
    alive: db.prepare(`SELECT pack, sum(${RECORD_BYTES_SQL}) AS bytes FROM chunk WHERE pack IS NOT NULL GROUP BY pack`),
    countTombstones: db.prepare("SELECT pack, count(*) AS count FROM tombstone GROUP BY pack"),
    sequenceMax: db.prepare("SELECT coalesce(max(sequence), 0) AS sequence FROM pack"),
    bytesOf: db.prepare("SELECT bytes FROM pack WHERE number = ?"),
    setBytes: db.prepare(
      `INSERT INTO pack (number, bytes, sequence) VALUES (?, ?, ?) ON CONFLICT (number) DO UPDATE SET
         bytes = excluded.bytes, sequence = max(sequence, excluded.sequence)`,
    ),
    addDead: db.prepare("INSERT INTO dead (name, pack) VALUES (?, ?) ON CONFLICT DO NOTHING"),
    tombstoneOf: db.prepare("SELECT pack, pack_offset, sequence FROM tombstone WHERE name = ?"),
    bury: db.prepare(
      `INSERT INTO tombstone (name, pack, pack_offset, sequence) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
         pack = excluded.pack, pack_offset = excluded.pack_offset, sequence = excluded.sequence`,
    ),
    rowsIn: db.prepare(
      `SELECT ${CHUNK_COLUMNS} FROM chunk WHERE pack = ? AND pack_offset > ? ORDER BY pack_offset LIMIT ?`,
    ),
    tombstonesIn: db.prepare(
      `SELECT name, pack, pack_offset, sequence FROM tombstone WHERE pack = ? AND EXISTS (
         SELECT 1 FROM dead WHERE dead.name = tombstone.name AND dead.pack <> ?) LIMIT ?`,
    ),
    dropTombstones: db.prepare(
      `DELETE FROM tombstone WHERE pack = ? OR (name IN (SELECT name FROM dead WHERE pack = ?) AND NOT EXISTS (
         SELECT 1 FROM dead WHERE dead.name = tombstone.name AND dead.pack <> ?)) RETURNING pack`,
    ),
    dropSomeTombstones: db.prepare(
      `DELETE FROM tombstone WHERE name IN (SELECT name FROM dead WHERE pack = ? ORDER BY name LIMIT ?) AND NOT EXISTS (
         SELECT 1 FROM dead WHERE dead.name = tombstone.name AND dead.pack <> ?) RETURNING pack`,
    ),
    dropSomeDead: db.prepare(
      "DELETE FROM dead WHERE pack = ? AND name IN (SELECT name FROM dead WHERE pack = ? ORDER BY name LIMIT ?)",
    ),
    dropDead: db.prepare("DELETE FROM dead WHERE pack = ?"),
    dropPack: db.prepare("DELETE FROM pack WHERE number = ?"),
    dropIdleTombstones: db.prepare(
      `DELETE FROM tombstone WHERE NOT EXISTS (SELECT 1 FROM dead WHERE dead.name = tombstone.name) RETURNING pack`,
    ),
  };
}

/** Bytes that a chunk of so many sealed bytes may add to the packs, the beginning of a new one among them. */
export function packedBytesMax(length: number): number {
  return recordBytes(length) + PACK_HEADER_BYTES;
}
