import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.ts";
import { type DepositMove, refundDeposits } from "./deposits.ts";
import { makeFolders, splitPath } from "./make-folders.ts";
import { findFile, findWay, freeName, type Place, refuseTakenByFolder } from "./places.ts";
import { recomputePromisesOfFile } from "./promises.ts";

/** Beyond so many versions of a file the oldest is deleted when a new one comes. */
export const VERSIONS_MAX = 100;

/** A file that is complete, where it is to be seen. */
export interface NewEntry {
  readonly fileId: string;
  readonly ownerId: string;
  readonly folderId: string | null;
  /** Of its folders, those that are missing are made. */
  readonly path: string;
  readonly newFolderIds: readonly string[];
  /** Of the change that brings it; what is derived from it is the same each time. */
  readonly transactionId: string;
  readonly nowMs: number;
}

export type EntryPlacement = {
  readonly folder_id: string | null;
  readonly name: string;
  readonly entry_id: string;
  readonly version: number;
  readonly is_current: number;
};

/** The version that a new one takes the place of. */
export interface Predecessor {
  readonly id: string;
  readonly entry_id: string;
  readonly version: number;
  readonly priority: number;
  readonly pinned: number;
}

/**
 * Makes room for a file that is complete: where its name is that of another file, it becomes the newest version of that
 * one. To be followed by writing what is answered into its row, and by `inheritFrom`.
 * @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN where a folder has the name, or a file that of a folder of its path
 */
export async function claimPlace(
  tx: Transaction<Tables>,
  entry: NewEntry,
): Promise<{ readonly placement: EntryPlacement; readonly predecessor: Predecessor | undefined }> {
  const { folders, name } = splitPath(entry.path);
  const place = await makeFolders(tx, entry, { names: folders, newIds: entry.newFolderIds, nowMs: entry.nowMs });
  await refuseTakenByFolder(tx, place, name);
  const predecessor = await findFile(tx, place, name);
  if (predecessor !== undefined) {
    await tx.updateTable("files").set({ is_current: 0 }).where("id", "=", predecessor.id).execute();
  }
  return {
    placement: {
      folder_id: place.folderId,
      name,
      entry_id: predecessor?.entry_id ?? entry.fileId,
      version: (predecessor?.version ?? 0) + 1,
      is_current: 1,
    },
    predecessor,
  };
}

/** A new version matters as much as the one before it, and is pinned to the same nodes. The oldest beyond the limit goes. */
export async function inheritFrom(tx: Transaction<Tables>, predecessor: Predecessor, entry: NewEntry): Promise<void> {
  const { fileId } = entry;
  const { priority, pinned } = predecessor;
  if (pinned === 1) {
    const pins = tx.selectFrom("file_pins").select([sql.lit(fileId).as("file_id"), "node_id"]);
    await tx
      .insertInto("file_pins")
      .columns(["file_id", "node_id"])
      .expression(pins.where("file_id", "=", predecessor.id))
      .execute();
  }
  await tx.updateTable("files").set({ priority, pinned }).where("id", "=", fileId).execute();
  await recomputePromisesOfFile(tx, fileId);
  const { versions } = await tx
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("versions"))
    .where("entry_id", "=", predecessor.entry_id)
    .executeTakeFirstOrThrow();
  if (versions <= VERSIONS_MAX) return;
  const oldest = await tx
    .selectFrom("files")
    .select(["id", "entry_id", "name", "deposit_microcredits", "deposit_at_ms"])
    .where("entry_id", "=", predecessor.entry_id)
    .orderBy("version")
    .limit(1)
    .executeTakeFirstOrThrow();
  const move = { ...entry, fileId: oldest.id, transactionId: `${entry.transactionId}-oldest` };
  await deleteVersion(tx, oldest, { move, entryId: entry.transactionId });
}

/**
 * Deletes a version that is not the newest, which is an entry of its own from then on.
 * @param deletion.entryId for it: that of its first version is still that of the rest
 * @returns what is given back
 */
export async function deleteVersion(
  tx: Transaction<Tables>,
  version: {
    readonly entry_id: string;
    readonly name: string;
    readonly deposit_microcredits: bigint;
    readonly deposit_at_ms: number | null;
  },
  { move, entryId }: { readonly move: DepositMove; readonly entryId: string },
): Promise<bigint> {
  await tx
    .updateTable("files")
    .set({
      state: "deleted",
      deleted_at_ms: move.nowMs,
      entry_id: entryId,
      is_current: 1,
      version_of: version.entry_id,
    })
    .where("id", "=", move.fileId)
    .execute();
  return await refundDeposits(tx, [version], { ...move, what: version.name });
}

/**
 * Makes room for an upload that is complete: as `claimPlace`, but where its folder is gone meanwhile it goes into the
 * root, by a free name.
 */
export async function claimPlaceOfUpload(
  tx: Transaction<Tables>,
  entry: NewEntry,
): Promise<Awaited<ReturnType<typeof claimPlace>>> {
  if ((await findWay(tx, entry)) !== undefined) return await claimPlace(tx, entry);
  const { name } = splitPath(entry.path);
  const root = { ownerId: entry.ownerId, folderId: null };
  return await claimPlace(tx, { ...entry, ...root, path: await freeName(tx, root, { name, id: entry.fileId }) });
}

/** Where something that comes back goes: where it was, or, where that folder is gone, into the root; by a free name. */
export async function placeOfReturn(
  tx: Transaction<Tables>,
  place: Place,
  wanted: { readonly name: string; readonly id: string },
): Promise<{ readonly folderId: string | null; readonly name: string }> {
  const folderId = (await findWay(tx, place)) === undefined ? null : place.folderId;
  return { folderId, name: await freeName(tx, { ...place, folderId }, wanted) };
}
