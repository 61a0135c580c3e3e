import type { FileId, FolderId, UserId } from "@commonhold/core/ids.ts";
import { type FoundName, searchNames } from "@commonhold/metadata/search-names.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, sql } from "kysely";
import { type FileRecord, selectFileRow, toFileRecord } from "../files/file-record.ts";
import { type PathPart, pathsOf } from "../folders/folder-paths.ts";
import { type FolderRecord, findFolders } from "../folders/list-folders.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";

const LIST = "search";

export type Hit = {
  /** The folders in which it lies, from the root. */
  readonly path: readonly PathPart[];
} & ({ readonly kind: "file"; readonly file: FileRecord } | { readonly kind: "folder"; readonly folder: FolderRecord });

export interface HitPage {
  readonly items: readonly Hit[];
  readonly nextCursor: string | null;
}

export interface SearchQuery {
  /** Not empty. */
  readonly text: string;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** An owner's files and folders by a part of their names, those that were named last first. @throws AppError INVALID_CURSOR */
export async function searchByName(read: Kysely<Tables>, ownerId: UserId, query: SearchQuery): Promise<HitPage> {
  const { text, limit, cursor } = query;
  let before = cursor === undefined ? undefined : decodeCursor(cursor, LIST, ["number"])[0];
  const items: Hit[] = [];
  for (;;) {
    const wanted = limit - items.length;
    const found = await searchNames(read, { ownerId, text, before, limit: wanted + 1 });
    const page = found.slice(0, wanted);
    items.push(...(await hitsOf(read, ownerId, page)));
    if (found.length <= wanted) return { items, nextCursor: null };
    before = page.at(-1)!.number;
    if (items.length === limit) return { items, nextCursor: encodeCursor(LIST, [before]) };
  }
}

async function hitsOf(read: Kysely<Tables>, ownerId: UserId, found: readonly FoundName[]): Promise<readonly Hit[]> {
  if (found.length === 0) return [];
  const idsOf = (kind: FoundName["kind"]): string[] => found.flatMap((name) => (name.kind === kind ? [name.id] : []));
  const [files, folders] = await Promise.all([
    findFiles(read, ownerId, idsOf("file") as FileId[]),
    findFolders(read, ownerId, idsOf("folder") as FolderId[]),
  ]);
  const fileOf = new Map<string, FileRecord>(files.map((file) => [file.id, file]));
  const folderOf = new Map<string, FolderRecord>(folders.map((folder) => [folder.id, folder]));
  const places = [...files.map((file) => file.folderId), ...folders.map((folder) => folder.parentId)];
  const paths = await pathsOf(
    read,
    ownerId,
    places.filter((id) => id !== null),
  );
  return found.flatMap(({ id }): Hit[] => {
    const file = fileOf.get(id);
    const folder = folderOf.get(id);
    const place = file?.folderId ?? folder?.parentId ?? null;
    const path = place === null ? [] : paths.get(place);
    if (path === undefined) return [];
    if (file !== undefined) return [{ kind: "file", file, path }];
    return folder === undefined || folder.deletedAtMs !== null ? [] : [{ kind: "folder", folder, path }];
  });
}

async function findFiles(
  read: Kysely<Tables>,
  ownerId: UserId,
  fileIds: readonly FileId[],
): Promise<readonly FileRecord[]> {
  const rows = await selectFileRow(read.selectFrom("files"))
    .where("files.id", "in", fileIds)
    .where("files.owner_id", "=", ownerId)
    .where("files.state", "=", sql.lit("complete"))
    .execute();
  return rows.map(toFileRecord);
}
