import type { ChunkName } from "@commonhold/core/ids.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { ChunkFiles } from "../chunk-files.ts";
import type { ChunkIndex, IndexedChunk, LossReason, PackPlace } from "../chunk-index.ts";
import type { StoreLayout } from "../store-layout.ts";
import type { IndexedTombstone } from "./pack-index.ts";
import { packPath } from "./pack-layout.ts";
import type { PackReaders } from "./pack-readers.ts";
import type { PackWriter } from "./pack-writer.ts";

/** What is copied together: little, since stores travel with it. */
const STEP_BYTES = 256 * 1024;
const STEP_RECORDS = 64;
/** What is forgotten together: a few milliseconds. */
const STEP_DEAD = 500;

const NOTHING = new Uint8Array(0);

export interface CompactPackDeps {
  readonly files: ChunkFiles;
  readonly index: ChunkIndex;
  readonly layout: StoreLayout;
  readonly writer: Pick<PackWriter, "append">;
  readonly readers: Pick<PackReaders, "forget">;
  /** The sealed bytes of a chunk in a pack; undefined where they are not there or not right. */
  readonly readWhole: (row: IndexedChunk) => Promise<Uint8Array | undefined>;
  /** Takes a chunk out of service that was found to be wrong. */
  readonly lose: (name: ChunkName, why: LossReason) => void;
  /** After each step, with the bytes that it copied. @throws to give up */
  readonly pause: (bytes: number) => Promise<void>;
}

/**
 * Copies what is needed of a pack to the newest one and removes it. May be given up or killed at any point: a chunk is
 * either here or there, and the next run goes on with what is left.
 * @returns the bytes that were copied
 * @throws what the file system or the index throws, or `pause`
 */
export async function compactPack(deps: CompactPackDeps, pack: number): Promise<number> {
  let copied = 0;
  for (let offset = -1; ; ) {
    const rows = deps.index.packs.rowsIn(pack, offset, STEP_RECORDS);
    const step = firstOf(rows);
    if (step.length === 0) break;
    const bytes = await copyChunks(deps, step);
    offset = step.at(-1)!.packed!.offset;
    copied += bytes;
    await deps.pause(bytes);
  }
  for (let moved = true; moved; ) {
    const tombstones = deps.index.packs.tombstonesIn(pack, STEP_RECORDS);
    await copyTombstones(deps, tombstones);
    moved = tombstones.length > 0;
    if (moved) await deps.pause(0);
  }
  await removePack(deps, pack);
  return copied;
}

/** As many rows as one step copies. */
function firstOf(rows: readonly IndexedChunk[]): readonly IndexedChunk[] {
  let bytes = 0;
  const end = rows.findIndex(({ length }) => (bytes += length) > STEP_BYTES);
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}

async function copyChunks(deps: CompactPackDeps, rows: readonly IndexedChunk[]): Promise<number> {
  const whole: { readonly row: IndexedChunk; readonly sealed: Uint8Array }[] = [];
  for (const row of rows) {
    if (row.damaged) continue;
    const sealed = await deps.readWhole(row);
    if (sealed === undefined) {
      if (isStillThere(deps.index, row)) deps.lose(row.name, "damaged");
      continue;
    }
    whole.push({ row, sealed });
  }
  await allDone(whole.map(({ row, sealed }) => copyChunk(deps, row, sealed)));
  if (whole.length > 0) reachUploadStep("node:pack-copied");
  return whole.reduce((sum, { sealed }) => sum + sealed.length, 0);
}

function copyChunk({ writer, index }: CompactPackDeps, row: IndexedChunk, sealed: Uint8Array): Promise<void> {
  const { name, packed, storedAtMs, epoch, own } = index.get(row.name) ?? row;
  const record = { kind: "chunk", name, sequence: row.packed!.sequence, epoch, own, atMs: storedAtMs } as const;
  const note = (place: PackPlace): void => {
    const now = index.get(name);
    // Deleted or stored anew meanwhile: the copy is dead from the beginning.
    if (now === undefined || now.damaged || !isStillThere(index, row)) index.packs.addDead(name, place.pack);
    else index.move(now, place);
  };
  if (packed === undefined) return Promise.resolve();
  return writer.append({ record, sealed, note }, true);
}

function isStillThere(index: ChunkIndex, { name, packed }: IndexedChunk): boolean {
  const now = index.get(name)?.packed;
  return now?.pack === packed?.pack && now?.offset === packed?.offset;
}

async function copyTombstones(
  { writer, index }: CompactPackDeps,
  tombstones: readonly IndexedTombstone[],
): Promise<void> {
  await allDone(
    tombstones.map(({ name, place: { sequence } }) => {
      const record = { kind: "tombstone", name, sequence, epoch: undefined, own: undefined, atMs: 0 } as const;
      const note = (place: PackPlace): void => {
        // A later one, of a chunk that was stored and deleted again meanwhile, counts for this one too.
        if (index.packs.tombstoneOf(name)?.sequence === sequence) index.packs.bury(name, place);
      };
      return writer.append({ record, sealed: NOTHING, note }, true);
    }),
  );
}

/** What was copied is durable; what is left are damaged chunks. */
async function removePack({ files, index, layout, readers }: CompactPackDeps, pack: number): Promise<void> {
  for (let rows = index.packs.rowsIn(pack, -1, STEP_RECORDS); rows.length > 0; ) {
    if (rows.some(({ damaged }) => !damaged)) throw new Error(`pack ${pack} still holds chunks`);
    index.transaction(() => {
      for (const row of rows) index.forget(row);
    });
    rows = index.packs.rowsIn(pack, -1, STEP_RECORDS);
  }
  await files.remove(packPath(layout, pack));
  await readers.forget(pack);
  reachUploadStep("node:pack-removed");
  await files.syncFolder(layout.packs);
  for (let left = true; left; ) {
    index.transaction(() => (left = index.packs.dropDead(pack, STEP_DEAD) === STEP_DEAD));
    await new Promise(setImmediate);
  }
  index.transaction(() => index.packs.drop(pack));
  reachUploadStep("node:pack-dropped");
}

/** Waits for all; throws the first failure then. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(works)) if (outcome.status === "rejected") throw outcome.reason;
}
