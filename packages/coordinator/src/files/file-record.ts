import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, FolderId, UserId } from "@commonhold/core/ids.ts";
import { PRIORITIES, type Priority } from "@commonhold/core/priority.ts";
import type { PathPart } from "../folders/folder-paths.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Selectable, type SelectQueryBuilder, sql } from "kysely";

/** A version of a file that is complete, or was deleted. */
export interface FileRecord {
  readonly id: FileId;
  readonly ownerId: UserId;
  /** Without its folders. */
  readonly name: string;
  /** Null: in the root. */
  readonly folderId: FolderId | null;
  /** What all versions share. */
  readonly entryId: string;
  readonly version: number;
  readonly versionCount: number;
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
  /** Of a deleted file in a list: the folders in which it lay. Undefined where one of them is deleted too, or gone. */
  readonly path?: readonly PathPart[] | undefined;
}

export type FileRow = Selectable<Tables["files"]> & { readonly version_count: number };

/** All that a record is made of. */
export function selectFileRow<Output>(query: SelectQueryBuilder<Tables, "files", Output>) {
  return query
    .selectAll("files")
    .select(
      sql<number>`(select count(*) from files as versions where versions.entry_id = files.entry_id)`.as(
        "version_count",
      ),
    );
}

export function toFileRecord(row: FileRow): FileRecord {
  if (row.content_id === null || row.completed_at_ms === null) {
    throw new AppError("INTERNAL", `file ${row.id} is marked complete and has no content id`);
  }
  return {
    id: row.id as FileId,
    ownerId: row.owner_id as UserId,
    name: row.name,
    folderId: row.folder_id as FolderId | null,
    entryId: row.entry_id,
    version: row.version,
    versionCount: row.version_count,
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
