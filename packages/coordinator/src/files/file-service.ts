import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { FileId, UserId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
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
  readonly sealedKey: Uint8Array;
  readonly createdAtMs: number;
  readonly completedAtMs: number;
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
  replicas(file: FileRecord): Promise<ReplicaSummary>;
}

const COLUMN_OF = { name: "name", created_at: "completed_at_ms", size_bytes: "size_bytes" } as const;

export function createFileService(deps: { readonly metadata: Metadata; readonly clock: Clock }): FileService {
  const { read } = deps.metadata;
  return {
    get: async (fileId, ownerId) => {
      const row = await read
        .selectFrom("files")
        .selectAll()
        .where("id", "=", fileId)
        .where("owner_id", "=", ownerId)
        .where("state", "=", "complete")
        .executeTakeFirst();
      if (row === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${fileId}`);
      return toRecord(row);
    },

    list: (ownerId, query) => listFiles(deps.metadata, ownerId, query),

    remove: async (fileId, ownerId) => {
      await deps.metadata.apply("file.delete", { file_id: fileId, owner_id: ownerId, now_ms: deps.clock.nowMs() });
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
async function listFiles(metadata: Metadata, ownerId: UserId, query: FileQuery): Promise<FilePage> {
  const descending = query.sort.startsWith("-");
  const column = COLUMN_OF[query.sort.replace("-", "") as keyof typeof COLUMN_OF];
  const direction = descending ? "desc" : "asc";
  let select = metadata.read
    .selectFrom("files")
    .selectAll()
    .where("owner_id", "=", ownerId)
    .where("state", "=", "complete")
    .orderBy(column, direction)
    .orderBy("id", direction)
    .limit(query.limit + 1);
  if (query.nameContains !== undefined) {
    const pattern = `%${query.nameContains.normalize("NFC").replace(/[\\%_]/g, "\\$&")}%`;
    select = select.where(sql<boolean>`lower(name) like lower(${pattern}) escape '\\'`);
  }
  if (query.cursor !== undefined) {
    const [value, id] = decodeCursor(query.cursor, `files:${query.sort}`, [
      column === "name" ? "text" : "number",
      "text",
    ]);
    const beyond = descending ? "<" : ">";
    select = select.where((eb) =>
      eb.or([eb(column, beyond, value), eb.and([eb(column, "=", value), eb("id", beyond, id)])]),
    );
  }
  const rows = await select.execute();
  const items = rows.slice(0, query.limit).map(toRecord);
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    items,
    nextCursor: last === undefined ? null : encodeCursor(`files:${query.sort}`, [last[column] ?? 0, last.id]),
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
  readonly sealed_key: Uint8Array;
  readonly created_at_ms: number;
  readonly completed_at_ms: number | null;
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
    sealedKey: row.sealed_key,
    createdAtMs: row.created_at_ms,
    completedAtMs: row.completed_at_ms,
  };
}
