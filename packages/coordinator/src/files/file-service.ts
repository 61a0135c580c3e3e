import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FileId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import { PRIORITIES, type Priority } from "@commonhold/core/priority.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import { sql } from "kysely";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";

export type FileSort = "name" | "-name" | "created_at" | "-created_at" | "size_bytes" | "-size_bytes";

export interface FileRecord {
  readonly id: FileId;
  readonly ownerId: UserId;
  readonly name: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  /** Hex Merkle root over the SHA-256 of the plaintext chunks. */
  readonly contentId: string;
  readonly chunkSizeBytes: number;
  readonly chunkCount: number;
  readonly copies: number;
  readonly priority: Priority;
  readonly sealedKey: Uint8Array;
  readonly createdAtMs: number;
  readonly completedAtMs: number;
  /** Of a deleted file: since when, and until when it can be restored. */
  readonly deleted?: { readonly atMs: number; readonly goneAtMs: number };
}

export interface ReplicaSummary {
  readonly promised: number;
  /** Durable copies of the chunk that has fewest; equals `promised` for an empty file. */
  readonly min: number;
  /** Copies that are on their way. */
  readonly pending: number;
}

export interface FileQuery {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly sort: FileSort;
  /** Part of the name, upper and lower case alike (ASCII). */
  readonly nameContains: string | undefined;
  /** Those that were deleted and can be restored, in place of those that are there. */
  readonly deleted?: boolean;
}

export interface FilePage {
  readonly items: readonly FileRecord[];
  readonly nextCursor: string | null;
}

export interface FileService {
  /** @throws AppError FILE_NOT_FOUND also for another user's file */
  get(fileId: FileId, ownerId: UserId): Promise<FileRecord>;
  list(ownerId: UserId, query: FileQuery): Promise<FilePage>;
  remove(fileId: FileId, ownerId: UserId): Promise<void>;
  /** Brings a deleted file back; one that is there stays as it is. @throws AppError FILE_NOT_FOUND also once it is gone */
  restore(fileId: FileId, ownerId: UserId): Promise<void>;
  replicas(file: FileRecord): Promise<ReplicaSummary>;
}

const COLUMN_OF = { name: "name", created_at: "completed_at_ms", size_bytes: "size_bytes" } as const;

const completeFile = prepareQuery((read, values: { readonly fileId: string; readonly ownerId: string }) =>
  read
    .selectFrom("files")
    .selectAll()
    .where("id", "=", values.fileId)
    .where("owner_id", "=", values.ownerId)
    .where("state", "=", "complete"),
);

export const DELETION_GRACE_MS = 24 * 3_600_000;

export function createFileService(
  deps: { readonly metadata: Metadata; readonly clock: Clock; readonly random: Random },
  options: { readonly deletionGraceMs: number } = { deletionGraceMs: DELETION_GRACE_MS },
): FileService {
  const { read } = deps.metadata;
  return {
    get: async (fileId, ownerId) => {
      const [row] = await completeFile(read, { fileId, ownerId });
      if (row === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${fileId}`);
      return toRecord(row);
    },

    list: async (ownerId, query) => {
      const { rows, nextCursor } = await listFiles(deps.metadata, ownerId, query);
      return { items: rows.map((row) => withDeletion(row, options.deletionGraceMs)), nextCursor };
    },

    remove: async (fileId, ownerId) => {
      await deps.metadata.apply("file.delete", { file_id: fileId, owner_id: ownerId, ...newMove(deps) });
    },

    restore: async (fileId, ownerId) => {
      await deps.metadata.apply("file.restore", { file_id: fileId, owner_id: ownerId, ...newMove(deps) });
    },

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

/** Keyset paging: a page costs the same wherever it lies. */
async function listFiles(
  metadata: Metadata,
  ownerId: UserId,
  query: FileQuery,
): Promise<{ readonly rows: readonly FileRow[]; readonly nextCursor: string | null }> {
  const descending = query.sort.startsWith("-");
  const state = query.deleted === true ? "deleted" : "complete";
  const kind = `${state === "deleted" ? "deleted-files" : "files"}:${query.sort}`;
  const column = COLUMN_OF[query.sort.replace("-", "") as keyof typeof COLUMN_OF];
  const direction = descending ? "desc" : "asc";
  let select = metadata.read
    .selectFrom("files")
    .selectAll()
    .where("owner_id", "=", ownerId)
    .where("state", "=", state)
    .orderBy(column, direction)
    .orderBy("id", direction)
    .limit(query.limit + 1);
  if (query.nameContains !== undefined) {
    const pattern = `%${query.nameContains.normalize("NFC").replace(/[\\%_]/g, "\\$&")}%`;
    select = select.where(sql<boolean>`lower(name) like lower(${pattern}) escape '\\'`);
  }
  if (query.cursor !== undefined) {
    const [value, id] = decodeCursor(query.cursor, kind, [column === "name" ? "text" : "number", "text"]);
    const beyond = descending ? "<" : ">";
    select = select.where((eb) =>
      eb.or([eb(column, beyond, value), eb.and([eb(column, "=", value), eb("id", beyond, id)])]),
    );
  }
  const rows = await select.execute();
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    rows: rows.slice(0, query.limit),
    nextCursor: last === undefined ? null : encodeCursor(kind, [last[column] ?? 0, last.id]),
  };
}

interface FileRow {
  readonly id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly size_bytes: number;
  readonly media_type: string;
  readonly content_id: string | null;
  readonly chunk_size_bytes: number;
  readonly chunk_count: number;
  readonly copies: number;
  readonly priority: number;
  readonly sealed_key: Uint8Array;
  readonly created_at_ms: number;
  readonly completed_at_ms: number | null;
  readonly deleted_at_ms: number | null;
}

function withDeletion(row: FileRow, graceMs: number): FileRecord {
  const atMs = row.deleted_at_ms;
  return atMs === null ? toRecord(row) : { ...toRecord(row), deleted: { atMs, goneAtMs: atMs + graceMs } };
}

function toRecord(row: FileRow): FileRecord {
  if (row.content_id === null || row.completed_at_ms === null) {
    throw new AppError("INTERNAL", `file ${row.id} is marked complete and has no content id`);
  }
  return {
    id: row.id as FileId,
    ownerId: row.owner_id as UserId,
    name: row.name,
    sizeBytes: row.size_bytes,
    mediaType: row.media_type,
    contentId: row.content_id,
    chunkSizeBytes: row.chunk_size_bytes,
    chunkCount: row.chunk_count,
    copies: row.copies,
    priority: PRIORITIES[row.priority]!,
    sealedKey: row.sealed_key,
    createdAtMs: row.created_at_ms,
    completedAtMs: row.completed_at_ms,
  };
}

/** A ledger transaction of its own, now. */
function newMove({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
  const nowMs = clock.nowMs();
  return { transaction_id: uuidV7(nowMs, random.bytes(10)), now_ms: nowMs };
}
