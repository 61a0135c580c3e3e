import { AppError } from "@commonhold/core/app-error.ts";
import type { FolderId, UserId } from "@commonhold/core/ids.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, sql } from "kysely";
import { isDeletingFolders, isInSight, pathsOf } from "../folders/folder-paths.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { type FileRow, selectFileRow } from "./file-record.ts";

export type FileSort = "name" | "-name" | "created_at" | "-created_at" | "size_bytes" | "-size_bytes";

export interface FileQuery {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly sort: FileSort;
  /** Part of the name, upper and lower case alike (ASCII). */
  readonly nameContains: string | undefined;
  /** Those in this folder, or in the root; undefined: wherever they are. */
  readonly folder?: FolderId | "root" | undefined;
  /** Those that were deleted by themselves and can be restored, in place of those that are there. */
  readonly deleted?: boolean;
}

const COLUMN_OF = { name: "name", created_at: "completed_at_ms", size_bytes: "size_bytes" } as const;

/**
 * Keyset paging along an index: a page costs the same wherever it lies.
 * @throws AppError INVALID_CURSOR, INVALID_REQUEST for a folder in the trash, FOLDER_NOT_FOUND
 */
export async function listFiles(
  read: Kysely<Tables>,
  ownerId: UserId,
  query: FileQuery,
): Promise<{ readonly rows: readonly FileRow[]; readonly nextCursor: string | null }> {
  const descending = query.sort.startsWith("-");
  const column = COLUMN_OF[query.sort.replace("-", "") as keyof typeof COLUMN_OF];
  const direction = descending ? "desc" : "asc";
  const list = `${query.deleted === true ? "deleted-files" : `files in ${query.folder ?? "any"}`}:${query.sort}`;
  let select = (await filesOf(read, ownerId, query))
    .orderBy(`files.${column}`, direction)
    .orderBy("files.id", direction)
    .limit(query.limit + 1);
  if (query.nameContains !== undefined) {
    const pattern = `%${query.nameContains.normalize("NFC").replace(/[\\%_]/g, "\\$&")}%`;
    select = select.where(sql<boolean>`lower(files.name) like lower(${pattern}) escape '\\'`);
  }
  if (query.cursor !== undefined) {
    const [value, id] = decodeCursor(query.cursor, list, [column === "name" ? "text" : "number", "text"]);
    const beyond = sql.raw(descending ? "<" : ">");
    select = select.where(sql<boolean>`(${sql.ref(`files.${column}`)}, files.id) ${beyond} (${value}, ${id})`);
  }
  const rows = await selectFileRow(select).execute();
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    rows: rows.slice(0, query.limit),
    nextCursor: last === undefined ? null : encodeCursor(list, [last[column] ?? 0, last.id]),
  };
}

/** The literals are those of the indexes. */
async function filesOf(read: Kysely<Tables>, ownerId: UserId, { folder, deleted }: FileQuery) {
  const listed = read
    .selectFrom("files")
    .where("files.owner_id", "=", ownerId)
    .where("files.is_current", "=", sql.lit(1));
  if (deleted === true) {
    if (folder !== undefined) {
      throw new AppError("INVALID_REQUEST", "give folder or deleted: what was deleted is in one list", {
        details: { field: "folder" },
      });
    }
    return listed.where("files.deleted_with", "is", null).where("files.state", "=", sql.lit("deleted"));
  }
  const complete = listed.where("files.state", "=", sql.lit("complete"));
  if (folder === undefined) {
    const all = complete.where("files.deleted_with", "is", null);
    return (await isDeletingFolders(read, ownerId)) ? all.where(isInSight()) : all;
  }
  if (folder !== "root" && !(await pathsOf(read, ownerId, [folder])).has(folder)) {
    throw new AppError("FOLDER_NOT_FOUND", `you have no folder ${folder}`);
  }
  return complete.where(sql`coalesce(files.folder_id, '')`, "=", folder === "root" ? "" : folder);
}
