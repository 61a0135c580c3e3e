import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FileId, type FolderId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import { sql } from "kysely";
import { isDeletingFolders, type PathPart, pathsOf, pathsOfPlaces } from "../folders/folder-paths.ts";
import { normaliseName } from "./file-name.ts";
import { type FileRecord, type FileRow, selectFileRow, toFileRecord } from "./file-record.ts";
import { type FileQuery, listFiles } from "./list-files.ts";

export interface ReplicaSummary {
  readonly promised: number;
  /** Durable copies of the chunk that has fewest; equals `promised` for an empty file. */
  readonly min: number;
  /** Copies that are on their way. */
  readonly pending: number;
}

export interface FilePage {
  readonly items: readonly FileRecord[];
  readonly nextCursor: string | null;
}

export interface FileMove {
  /** undefined: the one it has. */
  readonly name: string | undefined;
  /** Null: the root; undefined: the one it is in. */
  readonly folderId: FolderId | null | undefined;
}

/** Each call takes the id of any version; those of an owner alone, so that ids tell nothing to others. */
export interface FileService {
  /** @throws AppError FILE_NOT_FOUND also for another user's file */
  get(fileId: FileId, ownerId: UserId): Promise<FileRecord>;
  /** @throws AppError INVALID_CURSOR, INVALID_REQUEST, FOLDER_NOT_FOUND */
  list(ownerId: UserId, query: FileQuery): Promise<FilePage>;
  /** Newest first. @throws AppError FILE_NOT_FOUND */
  versions(fileId: FileId, ownerId: UserId): Promise<readonly FileRecord[]>;
  /** Renames all versions, or puts them into another folder. @throws AppError as `file.move`; INVALID_REQUEST */
  move(fileId: FileId, ownerId: UserId, move: FileMove): Promise<void>;
  /** @throws AppError FILE_NOT_FOUND */
  makeCurrent(fileId: FileId, ownerId: UserId): Promise<void>;
  /** The newest version with all others, another one alone. @throws AppError FILE_NOT_FOUND */
  remove(fileId: FileId, ownerId: UserId): Promise<void>;
  /** Brings a deleted file back; one that is there stays as it is. @throws AppError FILE_NOT_FOUND also once it is gone */
  restore(fileId: FileId, ownerId: UserId): Promise<void>;
  replicas(file: FileRecord): Promise<ReplicaSummary>;
  /** A folder and those in which it lies, from the root; none for the root itself. */
  pathTo(ownerId: UserId, folderId: FolderId | null): Promise<readonly PathPart[]>;
}

const completeFile = prepareQuery((read, values: { readonly fileId: string; readonly ownerId: string }) =>
  selectFileRow(read.selectFrom("files"))
    .where("files.id", "=", values.fileId)
    .where("files.owner_id", "=", values.ownerId)
    .where("files.state", "=", sql.lit("complete")),
);

export const DELETION_GRACE_MS = 24 * 3_600_000;

export function createFileService(
  deps: { readonly metadata: Metadata; readonly clock: Clock; readonly random: Random },
  options: { readonly deletionGraceMs: number } = { deletionGraceMs: DELETION_GRACE_MS },
): FileService {
  const { read } = deps.metadata;

  const get = async (fileId: FileId, ownerId: UserId): Promise<FileRecord> => {
    const [row] = await completeFile(read, { fileId, ownerId });
    if (row === undefined || (await isHidden(deps, row))) {
      throw new AppError("FILE_NOT_FOUND", `you have no file ${fileId}`);
    }
    return toFileRecord(row);
  };

  return {
    get,

    list: (ownerId, query) => listPage(deps, ownerId, { ...query, graceMs: options.deletionGraceMs }),

    versions: async (fileId, ownerId) => {
      const { entryId } = await get(fileId, ownerId);
      const rows = await selectFileRow(read.selectFrom("files"))
        .where("files.entry_id", "=", entryId)
        .orderBy("files.version", "desc")
        .execute();
      return rows.filter((row) => row.state === "complete").map(toFileRecord);
    },

    move: async (fileId, ownerId, { name, folderId }) => {
      await deps.metadata.apply("file.move", {
        file_id: fileId,
        owner_id: ownerId,
        name: name === undefined ? null : normaliseName(name),
        to: folderId === undefined ? null : { folder_id: folderId },
      });
    },

    makeCurrent: async (fileId, ownerId) => {
      await deps.metadata.apply("file.make_current", { file_id: fileId, owner_id: ownerId });
    },

    remove: async (fileId, ownerId) => {
      await deps.metadata.apply("file.delete", { file_id: fileId, owner_id: ownerId, ...newMove(deps) });
    },

    restore: async (fileId, ownerId) => {
      await deps.metadata.apply("file.restore", { file_id: fileId, owner_id: ownerId, ...newMove(deps) });
    },

    pathTo: async (ownerId, folderId) => (await pathsOfPlaces(read, ownerId, [folderId]))(folderId) ?? [],

    replicas: async (file) => {
      const perChunk = read
        .selectFrom("file_chunks")
        .leftJoin("assignments", "assignments.chunk_name", "file_chunks.chunk_name")
        .select([
          sql<number>`sum(case when assignments.state = 'active' then 1 else 0 end)`.as("active"),
          sql<number>`sum(case when assignments.state = 'pending' then 1 else 0 end)`.as("pending"),
        ])
        .where("file_chunks.file_id", "=", file.id)
        .groupBy("file_chunks.chunk_index")
        .as("per_chunk");
      const { min, pending } = await read
        .selectFrom(perChunk)
        .select((eb) => [
          eb.fn.min<number | null>("active").as("min"),
          eb.fn.sum<number | null>("pending").as("pending"),
        ])
        .executeTakeFirstOrThrow();
      return { promised: file.copies, min: min ?? file.copies, pending: pending ?? 0 };
    },
  };
}

async function listPage(
  { metadata: { read } }: { readonly metadata: Metadata },
  ownerId: UserId,
  { graceMs, ...query }: FileQuery & { readonly graceMs: number },
): Promise<FilePage> {
  const { rows, nextCursor } = await listFiles(read, ownerId, query);
  const files = rows.map((row) => withDeletion(row, graceMs));
  if (query.deleted !== true) return { items: files, nextCursor };
  const folderIds = files.map(({ folderId }) => folderId);
  const pathOf = await pathsOfPlaces(read, ownerId, folderIds);
  return { items: files.map((file) => ({ ...file, path: pathOf(file.folderId) })), nextCursor };
}

/** What lies in a folder that is being deleted is marked some at a time, and out of sight at once. */
async function isHidden({ metadata: { read } }: { readonly metadata: Metadata }, file: FileRow): Promise<boolean> {
  const folderId = file.folder_id as FolderId | null;
  const ownerId = file.owner_id as UserId;
  if (folderId === null || !(await isDeletingFolders(read, ownerId))) return false;
  return !(await pathsOf(read, ownerId, [folderId])).has(folderId);
}

function withDeletion(row: FileRow, graceMs: number): FileRecord {
  const atMs = row.deleted_at_ms;
  return atMs === null ? toFileRecord(row) : { ...toFileRecord(row), deleted: { atMs, goneAtMs: atMs + graceMs } };
}

/** A ledger transaction of its own, now. */
function newMove({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
  const nowMs = clock.nowMs();
  return { transaction_id: uuidV7(nowMs, random.bytes(10)), now_ms: nowMs };
}
