import { AppError } from "@commonhold/core/app-error.ts";
import { FOLDER_DEPTH_MAX } from "@commonhold/core/folder-depth.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import type { Tables } from "../tables.ts";
import { requireFreeEntries } from "./free-entries.ts";
import { Id } from "./payload-fields.ts";
import {
  findFolder,
  type Place,
  refuseTakenByFile,
  refuseTakenByFolder,
  requireDepth,
  requireFolder,
} from "./places.ts";

/** Null: the root. */
export const FolderId = Type.Union([Type.Null(), Id]);
/** For folders that may have to be made; as many as the path has folders. */
export const NewFolderIds = Type.Array(Id, { maxItems: FOLDER_DEPTH_MAX });

/** Splits a path: `["a", "b"]` and `"c"` of "a/b/c". */
export function splitPath(path: string): { readonly folders: readonly string[]; readonly name: string } {
  const segments = path.split("/");
  return { folders: segments.slice(0, -1), name: segments.at(-1)! };
}

/**
 * The folder that a path leads to, from a place on; what is missing of it is made.
 * @param path.names one segment each
 * @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN where a file has the name, INVALID_REQUEST where it would be too deep,
 * TOO_MANY_ENTRIES
 */
export async function makeFolders(
  tx: Transaction<Tables>,
  from: Place,
  path: { readonly names: readonly string[]; readonly newIds: readonly string[]; readonly nowMs: number },
): Promise<Place> {
  if (from.folderId === null && path.names.length === 0) return from;
  const depth = (await requireFolder(tx, from)).length;
  let place = from;
  for (const [index, name] of path.names.entries()) {
    let id = (await findFolder(tx, place, name))?.id;
    if (id === undefined) {
      requireDepth(depth + path.names.length);
      id = path.newIds[index];
      if (id === undefined) throw new AppError("INVALID_REQUEST", `there is no id for the folder ${name}`);
      await makeFolder(tx, place, { id, name, nowMs: path.nowMs });
    }
    place = { ownerId: from.ownerId, folderId: id };
  }
  return place;
}

/**
 * Whether a file can be put at a path, as far as can be said before it has come.
 * @throws AppError as `makeFolders`, and NAME_TAKEN where a folder has its name
 */
export async function checkPath(tx: Transaction<Tables>, from: Place, path: string): Promise<void> {
  const { folders, name } = splitPath(path);
  const depth = (await requireFolder(tx, from)).length;
  let place = from;
  for (const [index, folder] of folders.entries()) {
    const found = await findFolder(tx, place, folder);
    if (found === undefined) {
      await refuseTakenByFile(tx, place, folder);
      requireDepth(depth + folders.length);
      await requireFreeEntries(tx, from.ownerId, { kind: "folders", count: folders.length - index });
      return;
    }
    place = { ownerId: from.ownerId, folderId: found.id };
  }
  await refuseTakenByFolder(tx, place, name);
}

/** @throws AppError NAME_TAKEN where a file has the name, TOO_MANY_ENTRIES */
export async function makeFolder(
  tx: Transaction<Tables>,
  place: Place,
  folder: { readonly id: string; readonly name: string; readonly nowMs: number },
): Promise<void> {
  await refuseTakenByFile(tx, place, folder.name);
  await requireFreeEntries(tx, place.ownerId, { kind: "folders", count: 1 });
  await tx
    .insertInto("folders")
    .values({
      id: folder.id,
      owner_id: place.ownerId,
      parent_id: place.folderId,
      name: folder.name,
      state: "live",
      created_at_ms: folder.nowMs,
      deleted_at_ms: null,
      deleted_with: null,
    })
    .execute();
}
