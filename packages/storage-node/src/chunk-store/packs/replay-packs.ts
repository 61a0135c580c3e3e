import type { ChunkName } from "@commonhold/core/ids.ts";
import { mayDelete } from "@commonhold/core/repair/fence.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkFiles, ReadableFile } from "../chunk-files.ts";
import type { ChunkIndex } from "../chunk-index.ts";
import type { StoreLayout } from "../store-layout.ts";
import { isForeignPack, isPackHeader, PACK_HEADER_BYTES, PACKED_LENGTH_MAX, recordBytes } from "./pack-format.ts";
import { packNumberOf, packPath } from "./pack-layout.ts";
import { type FoundRecord, scanPack } from "./scan-pack.ts";

export interface ReplayDeps {
  readonly files: ChunkFiles;
  readonly index: ChunkIndex;
  readonly layout: StoreLayout;
  readonly logger: Logger;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  /** Noted as the time at which a loss was found. */
  readonly nowMs: number;
}

export interface ReplayOptions {
  /** Whether the index may lack what was written last, or has been made anew. */
  readonly isStale: boolean;
}

/**
 * Makes the index say what the packs hold. Only what it does not know yet is read: the end of a pack that was being
 * written, and packs that it does not know at all. What is torn at the end of a pack is cut off.
 * @returns the highest number of a pack
 */
export async function replayPacks(deps: ReplayDeps, { isStale }: ReplayOptions): Promise<number> {
  const { files, index, layout } = deps;
  const found = await packsIn(deps);
  const newest = found.at(-1) ?? 0;
  const known = new Set(index.packs.numbers);
  const last = Math.max(newest, index.packs.numbers.at(-1) ?? 0);
  const present = new Set(found);
  const gone = [...known].filter((pack) => !present.has(pack));
  const unknown = found.filter((pack) => !known.has(pack));
  if (isStale || gone.length + unknown.length > 0) {
    // A file that was unlinked just before a crash might be there again after a power cut.
    if (found.length > 0) await files.syncFolder(layout.packs);
    for (const pack of gone) losePack(deps, pack);
    for (const pack of isStale ? found : unknown) await replayPack(deps, pack, newest);
    index.transaction(() => index.packs.dropIdleTombstones());
  }
  return last;
}

/** Numbers of the packs in the folder, ascending. */
async function packsIn({ files, layout, logger }: ReplayDeps): Promise<readonly number[]> {
  const packs: number[] = [];
  for await (const { name, kind } of files.entries(layout.packs)) {
    const pack = kind === "file" ? packNumberOf(name) : undefined;
    if (pack === undefined) logger.warn({ file: name }, "the folder of packs holds what is no pack; it is left alone");
    else packs.push(pack);
  }
  return packs.sort((a, b) => a - b);
}

function losePack({ index, nowMs, logger }: ReplayDeps, pack: number): void {
  const lost = loseBehind(index, { pack, offset: -1, nowMs });
  index.transaction(() => index.packs.drop(pack));
  if (lost > 0) logger.error({ pack, lost }, "a pack is gone; its chunks are no longer listed");
}

/** More than begin within the longest record. */
const LOSE_MAX = 1000;

/** Notes all chunks of a pack behind `offset` as missing and answers how many. */
function loseBehind(
  index: ChunkIndex,
  { pack, offset, nowMs }: { readonly pack: number; readonly offset: number; readonly nowMs: number },
): number {
  let count = 0;
  for (let rows = index.packs.rowsIn(pack, offset, LOSE_MAX); rows.length > 0; ) {
    index.transaction(() => {
      for (const { name } of rows) index.lose(name, "missing", nowMs);
    });
    count += rows.length;
    rows = index.packs.rowsIn(pack, offset, LOSE_MAX);
  }
  return count;
}

async function replayPack(deps: ReplayDeps, pack: number, newest: number): Promise<void> {
  const { files, index, layout, logger } = deps;
  const path = packPath(layout, pack);
  const sizeBytes = (await files.facts(path))?.sizeBytes ?? 0;
  const knownBytes = index.packs.bytesOf(pack);
  if (knownBytes === sizeBytes) return;
  if (knownBytes === undefined && sizeBytes < PACK_HEADER_BYTES) return await removeEmpty(deps, pack);
  if (knownBytes !== undefined && sizeBytes < knownBytes) {
    const lost = loseCutOff(deps, pack, sizeBytes);
    logger.error({ pack, lost, missing_bytes: knownBytes - sizeBytes }, "a pack is shorter than it was");
    // What is torn would swallow what is written behind it.
    const endBytes = await endOfRecords(deps, pack, sizeBytes);
    if (endBytes < sizeBytes) await cutOff(deps, pack, endBytes);
    index.transaction(() => index.packs.setBytes(pack, endBytes, index.lastSequence));
    return;
  }
  const file = await files.openReading(path);
  if (file === undefined) return;
  let endBytes: number;
  try {
    if (knownBytes === undefined && (await isForeign(deps, file, pack))) return;
    endBytes = await readUnknown(deps, file, { pack, sizeBytes, knownBytes, isNewest: pack === newest });
  } finally {
    await file.close();
  }
  if (endBytes === sizeBytes) return;
  logger.warn({ pack, cut_bytes: sizeBytes - endBytes }, "cut off what a crash left at the end of a pack");
  if (knownBytes === undefined && endBytes === PACK_HEADER_BYTES) await removeEmpty(deps, pack);
  else await cutOff(deps, pack, endBytes);
}

/** Whether the pack is of a later version, which is no reason to touch it. */
async function isForeign({ logger }: ReplayDeps, file: ReadableFile, pack: number): Promise<boolean> {
  const header = new Uint8Array(PACK_HEADER_BYTES);
  const length = await file.read(0, header);
  const foreign = isForeignPack(header.subarray(0, length));
  if (foreign) logger.warn({ pack }, "a pack is of a version that this one does not know; it is left alone");
  // Its number stands in its name too.
  else if (!isPackHeader(header, pack)) logger.warn({ pack }, "the beginning of a pack is damaged");
  return foreign;
}

/** Rows whose record is not wholly there any more. */
function loseCutOff({ index, nowMs }: ReplayDeps, pack: number, sizeBytes: number): number {
  const behind = loseBehind(index, { pack, offset: sizeBytes - 1, nowMs });
  const cut = index.packs
    .rowsIn(pack, sizeBytes - recordBytes(PACKED_LENGTH_MAX), LOSE_MAX)
    .filter(({ packed, length }) => packed!.offset + recordBytes(length) > sizeBytes);
  index.transaction(() => {
    for (const { name } of cut) index.lose(name, "missing", nowMs);
  });
  return behind + cut.length;
}

/** Where the last record of a pack ends that is there as a whole, or that the index knows of. */
async function endOfRecords({ files, index, layout, nameOf }: ReplayDeps, pack: number, sizeBytes: number) {
  let endBytes = Math.min(PACK_HEADER_BYTES, sizeBytes);
  const file = await files.openReading(packPath(layout, pack));
  if (file === undefined) return endBytes;
  try {
    for await (const found of scanPack(file, { pack, from: endBytes, sizeBytes, verifies: false, nameOf })) {
      const last = found.at(-1);
      if (last !== undefined) endBytes = last.offset + recordBytes(last.record.length);
    }
  } finally {
    await file.close();
  }
  // The disk may refuse to read only today what is served tomorrow.
  const rowsBehind = () => index.packs.rowsIn(pack, endBytes - 1, LOSE_MAX);
  for (let last = rowsBehind().at(-1); last !== undefined; last = rowsBehind().at(-1)) {
    endBytes = last.packed!.offset + recordBytes(last.length);
  }
  return endBytes;
}

interface UnknownBytes {
  readonly pack: number;
  readonly sizeBytes: number;
  /** How much of it the index knows; undefined where it does not know the pack. */
  readonly knownBytes: number | undefined;
  readonly isNewest: boolean;
}

/** Holds what is found, once it is on the medium for certain. @returns where the last record ends */
async function readUnknown(
  deps: ReplayDeps,
  file: ReadableFile,
  { pack, sizeBytes, knownBytes, isNewest }: UnknownBytes,
): Promise<number> {
  const { files, index, layout, nameOf } = deps;
  const synced = await files.openAppending(packPath(layout, pack));
  try {
    await synced.sync();
  } finally {
    await synced.close();
  }
  // Where a write may have been under way, not all bytes of a record need be there.
  const verifies = isNewest || knownBytes !== undefined;
  let endBytes = knownBytes ?? Math.min(PACK_HEADER_BYTES, sizeBytes);
  for await (const found of scanPack(file, { pack, from: endBytes, sizeBytes, verifies, nameOf })) {
    const last = found.at(-1);
    if (last === undefined) continue;
    endBytes = last.offset + recordBytes(last.record.length);
    index.transaction(() => {
      for (const each of found) replay(index, pack, each);
      index.packs.setBytes(pack, endBytes, index.lastSequence);
    });
  }
  if (knownBytes === undefined) index.transaction(() => index.packs.setBytes(pack, endBytes, index.lastSequence));
  return endBytes;
}

/** Of all that is said of a name, what has the highest sequence is right; of copies, the one in the newest pack. */
function replay(index: ChunkIndex, pack: number, { record, offset }: FoundRecord): void {
  const { name, sequence, length, epoch, own, atMs } = record;
  const place = { pack, offset, sequence };
  const row = index.get(name);
  const tombstone = index.packs.tombstoneOf(name);
  index.noteSequence(sequence);
  if (record.kind === "tombstone") {
    const isLater = tombstone === undefined || tombstone.sequence < sequence;
    const isCopy = tombstone?.sequence === sequence && tombstone.pack < pack;
    if (row?.packed !== undefined && row.packed.sequence < sequence) {
      // What a deletion left behind that failed, of a chunk that was then stored again, as it was held still.
      const isFenced = epoch !== undefined && !mayDelete(row.epoch, epoch);
      if (!isFenced) index.remove(name, place);
    } else if (isLater || isCopy) index.packs.bury(name, place);
    return;
  }
  const isDeleted = tombstone !== undefined && tombstone.sequence > sequence;
  const held = row?.packed;
  const isOutdone =
    held !== undefined && (held.sequence > sequence || (held.sequence === sequence && held.pack > pack));
  if (isDeleted || isOutdone) return index.packs.addDead(name, pack);
  if (held?.pack === pack && held.offset === offset) return;
  if (held?.sequence === sequence) return index.move(row!, place);
  index.put([{ name, length, storedAtMs: atMs, epoch, own, packed: place }]);
}

/** A pack that was begun and never written. */
async function removeEmpty({ files, layout, index }: ReplayDeps, pack: number): Promise<void> {
  await files.remove(packPath(layout, pack));
  await files.syncFolder(layout.packs);
  index.transaction(() => index.packs.drop(pack));
}

async function cutOff({ files, layout }: ReplayDeps, pack: number, bytes: number): Promise<void> {
  const file = await files.openAppending(packPath(layout, pack));
  try {
    await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
