import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, FolderId, UserId } from "@commonhold/core/ids.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, sql } from "kysely";
import type { FileService } from "../files/file-service.ts";
import { pathsOf } from "../folders/folder-paths.ts";
import { ArchiveNames } from "./archive-names.ts";
import type { ZipEntry } from "./zip-format.ts";

/** Files and folders: what is kept of them while the archive is sent is bounded by it. */
const ENTRIES_MAX = 10_000;
/** What a plan may take of memory: folders lie deep in one another, and each name has all of theirs before it. */
export const PLAN_BYTES_MAX = 8 * 1024 * 1024;
const ENTRY_BYTES = 300;
const CHARACTER_BYTES = 2;
/** After so many lookups others have their turn: answers of the database come without one. */
const LOOKUPS_AT_A_TIME = 50;

/** What somebody wants to have in one file. */
export interface ArchiveRequest {
  readonly ownerId: UserId;
  readonly fileIds: readonly FileId[];
  readonly folderIds: readonly FolderId[];
}

export interface ArchiveEntry extends ZipEntry {
  /** Null: a folder. */
  readonly fileId: FileId | null;
}

export interface ArchivePlan {
  readonly entries: readonly ArchiveEntry[];
  /** For the archive itself, without its ending. */
  readonly name: string;
  /** What it takes of memory, about; no more than `PLAN_BYTES_MAX`. */
  readonly memoryBytes: number;
}

export interface ArchivePlanDeps {
  readonly read: Kysely<Tables>;
  readonly files: Pick<FileService, "get">;
}

/**
 * All that stands in an archive, with its names: files as they are now, folders with all in them.
 * @throws AppError FILE_NOT_FOUND, FOLDER_NOT_FOUND also for another's; INVALID_REQUEST for too many
 */
export async function planArchive(deps: ArchivePlanDeps, request: ArchiveRequest): Promise<ArchivePlan> {
  const folderIds = [...new Set(request.folderIds)];
  const paths = await pathsOf(deps.read, request.ownerId, folderIds);
  const list = new EntryList();
  const names = new ArchiveNames();
  const roots: string[] = [];
  for (const id of folderIds) {
    const path = paths.get(id);
    if (path === undefined) throw new AppError("FOLDER_NOT_FOUND", `you have no folder ${id}`);
    const name = names.take(path.at(-1)!.name);
    roots.push(name);
    await addFolder(deps.read, list, { ownerId: request.ownerId, id, path: `${name}/` });
  }
  for (const fileId of new Set(request.fileIds)) {
    await list.lookup();
    const file = await deps.files.get(fileId, request.ownerId);
    const name = names.take(file.name.slice(file.name.lastIndexOf("/") + 1));
    roots.push(name);
    list.add({ fileId, name, sizeBytes: file.sizeBytes, modifiedAtMs: file.completedAtMs });
  }
  return { entries: list.entries, memoryBytes: list.memoryBytes, name: roots.length === 1 ? roots[0]! : "files" };
}

/** What was found so far. */
class EntryList {
  readonly entries: ArchiveEntry[] = [];
  memoryBytes = 0;
  #lookups = 0;

  async lookup(): Promise<void> {
    this.#lookups += 1;
    if (this.#lookups % LOOKUPS_AT_A_TIME === 0) await new Promise(setImmediate);
  }

  /** @throws AppError INVALID_REQUEST where it is one too many */
  add(entry: ArchiveEntry): void {
    if (this.entries.length === ENTRIES_MAX) throw tooMany();
    this.memoryBytes += ENTRY_BYTES + CHARACTER_BYTES * entry.name.length;
    if (this.memoryBytes > PLAN_BYTES_MAX) throw namesTooLong();
    this.entries.push(entry);
  }
}

interface Place {
  readonly ownerId: UserId;
  readonly id: FolderId;
  /** In the archive, with "/" at its end. */
  readonly path: string;
}

async function addFolder(read: Kysely<Tables>, list: EntryList, root: Place): Promise<void> {
  const waiting = [root];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { ownerId, id, path } = place;
    await list.lookup();
    const names = new ArchiveNames();
    list.add({ fileId: null, name: path, sizeBytes: 0, modifiedAtMs: 0 });
    for (const folder of await foldersIn(read, place)) {
      if (list.entries.length + waiting.length === ENTRIES_MAX) throw tooMany();
      waiting.push({ ownerId, id: folder.id as FolderId, path: `${path}${names.take(folder.name)}/` });
    }
    for (const file of await filesIn(read, ownerId, id)) {
      list.add({
        fileId: file.id as FileId,
        name: `${path}${names.take(file.name)}`,
        sizeBytes: file.size_bytes,
        modifiedAtMs: file.completed_at_ms ?? 0,
      });
    }
  }
}

function foldersIn(read: Kysely<Tables>, { ownerId, id }: Place) {
  return read
    .selectFrom("folders")
    .select(["id", "name"])
    .where("owner_id", "=", ownerId)
    .where(sql<string>`coalesce(parent_id, '')`, "=", id)
    .where("deleted_at_ms", "is", null)
    .orderBy("name")
    .limit(ENTRIES_MAX + 1)
    .execute();
}

function filesIn(read: Kysely<Tables>, ownerId: UserId, folderId: FolderId) {
  return read
    .selectFrom("files")
    .select(["id", "name", "size_bytes", "completed_at_ms"])
    .where("owner_id", "=", ownerId)
    .where(sql<string>`coalesce(folder_id, '')`, "=", folderId)
    .where("is_current", "=", sql.lit(1))
    .where("state", "=", sql.lit("complete"))
    .orderBy("name")
    .limit(ENTRIES_MAX + 1)
    .execute();
}

function tooMany(): AppError {
  return new AppError("INVALID_REQUEST", `these are more than ${ENTRIES_MAX} files and folders: take fewer at a time`);
}

function namesTooLong(): AppError {
  return new AppError("INVALID_REQUEST", "the names of these are too long together: take fewer files at a time");
}
