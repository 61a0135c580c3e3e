import { AppError } from "@commonhold/core/app-error.ts";
import type { FolderId, UserId } from "@commonhold/core/ids.ts";
import { findFolder } from "@commonhold/metadata/commands/places.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, type Selectable, sql } from "kysely";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { type PathPart, pathsOf, pathsOfPlaces } from "./folder-paths.ts";

export interface FolderRecord {
  readonly id: FolderId;
  readonly name: string;
  /** Null: in the root. */
  readonly parentId: FolderId | null;
  readonly createdAtMs: number;
  /** Of one in the trash. */
  readonly deletedAtMs: number | null;
  /** In the trash, the folders in which it lay; undefined where one of them is deleted too, or gone. */
  readonly path?: readonly PathPart[] | undefined;
}

export interface FolderQuery {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly parent: FolderId | "root" | undefined;
  /** Those that were deleted by themselves and can be restored; from wherever. */
  readonly deleted: boolean;
}

export interface FolderPage {
  readonly items: readonly FolderRecord[];
  readonly nextCursor: string | null;
}

export async function childFolder(
  read: Kysely<Tables>,
  ownerId: UserId,
  { parentId, name }: { readonly parentId: FolderId | null; readonly name: string },
): Promise<FolderId | null> {
  const folder = await findFolder(read, { ownerId, folderId: parentId }, name);
  return (folder?.id as FolderId | undefined) ?? null;
}

/** In no particular order. */
export async function findFolders(
  read: Kysely<Tables>,
  ownerId: UserId,
  folderIds: readonly FolderId[],
): Promise<readonly FolderRecord[]> {
  const rows = await read
    .selectFrom("folders")
    .selectAll()
    .where("id", "in", folderIds)
    .where("owner_id", "=", ownerId)
    .execute();
  return rows.map(toRecord);
}

/**
 * By name; keyset paging along an index.
 * @throws AppError FOLDER_NOT_FOUND, INVALID_CURSOR, INVALID_REQUEST for a parent in the trash
 */
export async function listFolders(read: Kysely<Tables>, ownerId: UserId, query: FolderQuery): Promise<FolderPage> {
  const { parent = "root", limit, cursor } = query;
  const list = query.deleted ? "deleted-folders" : `folders in ${parent}`;
  let select = read
    .selectFrom("folders")
    .selectAll()
    .where("owner_id", "=", ownerId)
    .orderBy("name")
    .limit(limit + 1);
  if (query.deleted) {
    if (query.parent !== undefined) {
      throw new AppError("INVALID_REQUEST", "give parent or deleted: what was deleted is in one list", {
        details: { field: "parent" },
      });
    }
    select = select.where("deleted_at_ms", "is not", null).where("deleted_with", "is", null).orderBy("id");
    if (cursor !== undefined) {
      const [name, id] = decodeCursor(cursor, list, ["text", "text"]);
      select = select.where(sql<boolean>`(name, id) > (${name}, ${id})`);
    }
  } else {
    if (parent !== "root" && !(await pathsOf(read, ownerId, [parent])).has(parent)) {
      throw new AppError("FOLDER_NOT_FOUND", `you have no folder ${parent}`);
    }
    select = select
      .where(sql`coalesce(parent_id, '')`, "=", parent === "root" ? "" : parent)
      .where("deleted_at_ms", "is", null);
    if (cursor !== undefined) select = select.where("name", ">", decodeCursor(cursor, list, ["text", "text"])[0]);
  }
  const rows = await select.execute();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(toRecord);
  return {
    items: query.deleted ? await withPaths(read, ownerId, items) : items,
    nextCursor: last === undefined ? null : encodeCursor(list, [last.name, last.id]),
  };
}

async function withPaths(read: Kysely<Tables>, ownerId: UserId, folders: readonly FolderRecord[]) {
  const pathOf = await pathsOfPlaces(
    read,
    ownerId,
    folders.map(({ parentId }) => parentId),
  );
  return folders.map((folder) => ({ ...folder, path: pathOf(folder.parentId) }));
}

function toRecord(row: Selectable<Tables["folders"]>): FolderRecord {
  return {
    id: row.id as FolderId,
    name: row.name,
    parentId: row.parent_id as FolderId | null,
    createdAtMs: row.created_at_ms,
    deletedAtMs: row.deleted_at_ms,
  };
}
