import type { DatabaseSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { sealIndexFile } from "./index-seal.ts";
import { recordBytes } from "./packs/pack-format.ts";
import { PackIndex } from "./packs/pack-index.ts";
import { prepareStatements, toIndexedChunk, toCounts } from "./index-statements.ts";
import { storageError } from "./storage-error.ts";

/** Reads are noted in memory and written this many at a time: a lost note costs nothing but precision. */
const READ_NOTES_MAX = 512;
/** Above every name. */
const AFTER_LAST = "g";

/** Where a chunk, or a tombstone, lies in a pack. */
export interface PackPlace {
  readonly pack: number;
  /** Of the record's header. */
  readonly offset: number;
  /** Of the record. */
  readonly sequence: number;
}

/** One chunk as the index knows it. */
export interface IndexedChunk {
  readonly name: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
  readonly storedAtMs: number;
  readonly lastReadAtMs: number | undefined;
  /** Found to be rotten: neither served nor listed, and written anew when it is stored again. */
  readonly damaged: boolean;
  /** The highest under which it was stored; undefined where that was not noted. */
  readonly epoch: number | undefined;
  /** Whether it belongs to the node's operator; undefined where that was not noted. */
  readonly own: boolean | undefined;
  /** Undefined where it has a file of its own. */
  readonly packed: PackPlace | undefined;
}

/** What a grant says of a chunk that is stored. */
export interface StoreTerms {
  /** Fences deletions: those with a lower or equal one come too late. */
  readonly epoch?: number | undefined;
  /** It belongs to the node's operator. */
  readonly own?: boolean | undefined;
}

export interface NewChunk extends StoreTerms {
  readonly name: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
  readonly storedAtMs: number;
  /** Undefined where it has a file of its own. */
  readonly packed?: PackPlace | undefined;
}

/** A chunk that was held and is not any more, or not as it was. */
export interface Loss {
  readonly name: ChunkName;
  readonly foundAtMs: number;
  readonly why: LossReason;
}

/** missing: its file is gone · damaged: its bytes are wrong · unreadable: the disk refuses to read them. */
export type LossReason = "missing" | "damaged" | "unreadable";

export interface IndexCounts {
  readonly chunkCount: number;
  /** Sealed bytes of all chunks. */
  readonly heldBytes: number;
  /** Of those: in files of their own. */
  readonly fileBytes: number;
  /** Of those: known to be the operator's own, and known to be others'. */
  readonly ownBytes: number;
  readonly lentBytes: number;
  readonly damagedCount: number;
  /** Losses that the coordinator was not told yet. */
  readonly lossCount: number;
}

export interface IndexTotals extends Omit<IndexCounts, "fileBytes"> {
  /** What chunks take on the disk: their files, and packs with all that is in them. */
  readonly usedBytes: number;
  /** Of those: what compaction of the packs will give back. */
  readonly deadBytes: number;
}

const NOTHING: IndexCounts = {
  chunkCount: 0,
  heldBytes: 0,
  fileBytes: 0,
  ownBytes: 0,
  lentBytes: 0,
  damagedCount: 0,
  lossCount: 0,
};

/**
 * The list of chunks held, in SQLite (WAL, synchronous NORMAL: a power cut may lose the latest rows). The chunk
 * files and packs are the truth; whatever is lost here is found again by a walk over them.
 */
export class ChunkIndex {
  readonly packs: PackIndex;
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #readNotes = new Map<ChunkName, number>();
  #counts = NOTHING;
  #sequence = 0;

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    this.#statements = prepareStatements(db);
    this.packs = new PackIndex(db);
    this.recount();
  }

  get totals(): IndexTotals {
    const { fileBytes, ...counts } = this.#counts;
    const { bytes, deadBytes } = this.packs.use;
    return { ...counts, usedBytes: fileBytes + bytes, deadBytes };
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  /** Above those of all records so far. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** A record with this sequence was found. */
  noteSequence(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence);
  }

  get(name: ChunkName): IndexedChunk | undefined {
    return this.#guard("read the index of chunks", () => {
      const row = this.#statements.get.get(name);
      return row === undefined ? undefined : toIndexedChunk(row);
    });
  }

  /**
   * Adds the chunks, or replaces their rows (whole again, then): all of them or, where it throws, none. A row keeps the
   * higher epoch. What was noted as lost is no longer.
   */
  put(chunks: readonly NewChunk[]): void {
    this.#changeAll("note a chunk in the index", () => {
      for (const { name, length, storedAtMs, packed, ...terms } of chunks) {
        const before = this.get(name);
        const { epoch, own } = raised(before, terms);
        const owner = own === undefined ? null : Number(own);
        const place = [packed?.pack ?? null, packed?.offset ?? null, packed?.sequence ?? null] as const;
        this.#statements.put.run(name, length, storedAtMs, epoch ?? null, owner, ...place);
        if (before?.packed !== undefined) this.packs.addDead(name, before.packed.pack);
        const row = { name, length, storedAtMs, lastReadAtMs: undefined, damaged: false, epoch, own, packed };
        this.#count(before, row);
        this.#unlose(name);
      }
    });
  }

  /** Notes that a chunk that is held lies elsewhere now. Where it lay before is a dead record. */
  move(row: IndexedChunk, packed: PackPlace): void {
    this.#changeAll("note a chunk in the index", () => {
      this.#statements.move.run(packed.pack, packed.offset, packed.sequence, row.name);
      if (row.packed !== undefined) this.packs.addDead(row.name, row.packed.pack);
      this.#count(row, { ...row, packed });
    });
  }

  /** Forgets a damaged chunk whose bytes are taken away; what was noted of its loss stays. */
  forget(row: IndexedChunk): void {
    this.#changeAll("forget a damaged chunk", () => {
      this.#statements.remove.run(row.name);
      this.#count(row, undefined);
    });
  }

  /** Notes that a chunk that is held was stored once more: the higher epoch counts. */
  raise(name: ChunkName, terms: StoreTerms): void {
    const before = this.get(name);
    if (before === undefined) return;
    const { epoch, own } = raised(before, terms);
    if (epoch === before.epoch && own === before.own) return;
    this.#changeAll("note a chunk in the index", () => {
      this.#statements.raise.run(epoch ?? null, own === undefined ? null : Number(own), name);
      this.#count(before, { ...before, epoch, own });
    });
  }

  /**
   * What was noted of its loss is forgotten.
   * @param tombstone of a chunk in a pack
   * @returns whether the index had it
   */
  remove(name: ChunkName, tombstone?: PackPlace): boolean {
    const before = this.get(name);
    this.#changeAll("remove a chunk from the index", () => {
      if (before !== undefined) this.#statements.remove.run(name);
      if (before?.packed !== undefined) this.packs.addDead(name, before.packed.pack);
      if (tombstone !== undefined) this.packs.bury(name, tombstone);
      this.#count(before, undefined);
      this.#unlose(name);
    });
    this.#readNotes.delete(name);
    return before !== undefined;
  }

  /** Notes that a chunk was lost: one that is missing is held no longer, the others are damaged. @returns whether that is news */
  lose(name: ChunkName, why: LossReason, foundAtMs: number): boolean {
    const before = this.get(name);
    if (before === undefined || (before.damaged && why !== "missing")) return false;
    this.#changeAll("note a lost chunk in the index", () => {
      if (why === "missing") this.#statements.remove.run(name);
      else this.#statements.damage.run(name);
      this.#count(before, why === "missing" ? undefined : { ...before, damaged: true });
      this.#countLosses(Number(this.#statements.lose.run(name, foundAtMs, why).changes));
    });
    return true;
  }

  /** Up to `limit` losses that were not acknowledged, the oldest first. */
  losses(limit: number): readonly Loss[] {
    if (this.#counts.lossCount === 0) return [];
    return this.#guard("list lost chunks", () =>
      this.#statements.losses.all(limit).map((row) => ({
        name: row["name"] as ChunkName,
        foundAtMs: Number(row["found_at_ms"]),
        why: row["why"] as LossReason,
      })),
    );
  }

  /** Forgets these losses; one of the same chunk that was found since stays. */
  acknowledge(losses: readonly Loss[]): void {
    this.#changeAll("note that losses were reported", () => {
      for (const { name, foundAtMs } of losses) {
        this.#countLosses(-Number(this.#statements.acknowledge.run(name, foundAtMs).changes));
      }
    });
  }

  noteRead(name: ChunkName, atMs: number): void {
    this.#readNotes.set(name, atMs);
    if (this.#readNotes.size < READ_NOTES_MAX) return;
    try {
      this.flushReadNotes();
    } catch {
      // A disk that is full must not keep chunks from being read.
      this.#readNotes.clear();
    }
  }

  flushReadNotes(): void {
    if (this.#readNotes.size === 0) return;
    this.transaction(() => {
      for (const [name, atMs] of this.#readNotes) this.#statements.noteRead.run(atMs, name);
    });
    this.#readNotes.clear();
  }

  /** Up to `limit` whole chunks with a name above `after` and up to `until`, ascending. */
  page(after: ChunkName | undefined, until: ChunkName | undefined, limit: number): readonly IndexedChunk[] {
    return this.#guard("list the index of chunks", () =>
      this.#statements.page.all(after ?? "", until ?? AFTER_LAST, limit).map(toIndexedChunk),
    );
  }

  /** The same, damaged ones too, with the latest reads. */
  heldPage(after: ChunkName | undefined, limit: number): readonly IndexedChunk[] {
    return this.#guard("list the index of chunks", () =>
      this.#statements.heldPage.all(after ?? "", limit).map((row) => this.#withReadNote(toIndexedChunk(row))),
    );
  }

  /** Every row with from ≤ name < to, damaged ones too. */
  range(from: string, to: string): readonly IndexedChunk[] {
    return this.#guard("list the index of chunks", () => this.#statements.range.all(from, to).map(toIndexedChunk));
  }

  /** Notes all chunks in files with from ≤ name < to as missing and answers how many; the totals wait for `recount`. */
  loseRange(from: string, to: string, foundAtMs: number): number {
    let count = 0;
    this.transaction(() => {
      this.#statements.loseRange.run(foundAtMs, from, to);
      count = Number(this.#statements.removeRange.run(from, to).changes);
    });
    return count;
  }

  /** Counts anew from the rows. */
  recount(): void {
    this.#guard("count the index of chunks", () => {
      const row = this.#statements.count.get() ?? {};
      this.#counts = toCounts(row, this.#statements.countLosses.get() ?? {});
      this.noteSequence(Math.max(Number(row["sequence"]), this.packs.sequenceMax));
      this.packs.reload();
    });
  }

  /** All that `work` changes, or where it throws, nothing. */
  transaction(work: () => void): void {
    this.#changeAll("write the index of chunks", work);
  }

  close(): void {
    this.#guard("close the index of chunks", () => {
      this.flushReadNotes();
      this.#db.close();
    });
    sealIndexFile(this.#file);
  }

  #withReadNote(chunk: IndexedChunk): IndexedChunk {
    const lastReadAtMs = this.#readNotes.get(chunk.name);
    return lastReadAtMs === undefined ? chunk : { ...chunk, lastReadAtMs };
  }

  /** One transaction, joined where one is under way; the totals stay as they were where it fails. */
  #changeAll(doing: string, work: () => void): void {
    if (this.#db.isTransaction) return work();
    const before = this.#counts;
    this.#guard(doing, () => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        work();
        this.#db.exec("COMMIT");
      } catch (error) {
        this.#counts = before;
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        this.packs.reload();
        throw error;
      }
    });
  }

  #unlose(name: ChunkName): void {
    if (this.#counts.lossCount > 0) this.#countLosses(-Number(this.#statements.unlose.run(name).changes));
  }

  #countLosses(change: number): void {
    this.#counts = { ...this.#counts, lossCount: this.#counts.lossCount + change };
  }

  #count(before: IndexedChunk | undefined, after: IndexedChunk | undefined): void {
    const lost = weightOf(before);
    const won = weightOf(after);
    const counts = this.#counts;
    this.#counts = {
      ...counts,
      chunkCount: counts.chunkCount + won.chunkCount - lost.chunkCount,
      heldBytes: counts.heldBytes + won.heldBytes - lost.heldBytes,
      fileBytes: counts.fileBytes + won.fileBytes - lost.fileBytes,
      ownBytes: counts.ownBytes + won.ownBytes - lost.ownBytes,
      lentBytes: counts.lentBytes + won.lentBytes - lost.lentBytes,
      damagedCount: counts.damagedCount + won.damagedCount - lost.damagedCount,
    };
    if (before?.packed !== undefined) this.packs.use.addAlive(before.packed.pack, -recordBytes(before.length));
    if (after?.packed !== undefined) this.packs.use.addAlive(after.packed.pack, recordBytes(after.length));
  }

  #guard<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, doing);
    }
  }
}

/** What stays of what was noted, and what is new: an epoch never falls, and what is the operator's own stays so. */
function raised(before: IndexedChunk | undefined, { epoch, own }: StoreTerms): StoreTerms {
  const known = before?.epoch;
  return {
    epoch: known === undefined || (epoch !== undefined && epoch > known) ? epoch : known,
    own: before?.own === true ? true : (own ?? before?.own),
  };
}

function weightOf(row: IndexedChunk | undefined): Omit<IndexCounts, "lossCount"> {
  if (row === undefined) return NOTHING;
  const { length, damaged, own, packed } = row;
  return {
    chunkCount: 1,
    heldBytes: length,
    fileBytes: packed === undefined ? length : 0,
    ownBytes: own === true ? length : 0,
    lentBytes: own === false ? length : 0,
    damagedCount: damaged ? 1 : 0,
  };
}
