import type { NodeId } from "@commonhold/core/ids.ts";
import { PRIORITIES } from "@commonhold/core/priority.ts";
import Type, { type Static } from "typebox";
import { PathSchema, pathView } from "../folders/folder-view.ts";
import { instantText } from "../http/route-schema.ts";
import { FILE_STATES, type FileHealth } from "./file-health.ts";
import type { FileRecord } from "./file-record.ts";
import type { ReplicaSummary } from "./file-service.ts";

export const FileViewSchema = Type.Object(
  {
    file_id: Type.String({ format: "uuid" }),
    filename: Type.String({ description: "Without its folders" }),
    folder_id: Type.Union([Type.Null(), Type.String({ format: "uuid" })], { description: "null: in the root" }),
    entry_id: Type.String({ description: "The same for all versions of a file" }),
    version: Type.Integer({ description: "The highest is the newest, which lists show" }),
    version_count: Type.Integer(),
    size_bytes: Type.Integer(),
    content_type: Type.String(),
    content_id: Type.String({ description: "Merkle root over the SHA-256 of the plaintext chunks, hex" }),
    chunk_size: Type.Integer({ description: "Plaintext bytes of every chunk but the last" }),
    chunk_count: Type.Integer(),
    copies: Type.Integer({ description: "Copies promised for every chunk" }),
    priority: Type.Enum([...PRIORITIES], {
      description: "How much it matters: what is repaired first and evicted last",
    }),
    created_at: Type.String({ format: "date-time" }),
    completed_at: Type.String({ format: "date-time" }),
    deleted_at: Type.Optional(Type.String({ format: "date-time", description: "Of a deleted file" })),
    gone_at: Type.Optional(Type.String({ format: "date-time", description: "Until then it can be restored" })),
    path: Type.Optional(
      PathSchema(
        "In the list of deleted files, the folders in which it lay, from the root; missing where one of them is deleted too or gone. Of a restored file, those in which it lies now.",
      ),
    ),
    replicas: Type.Optional(
      Type.Object({
        promised: Type.Integer(),
        min: Type.Integer({ description: "Durable copies of the chunk that has fewest" }),
        pending: Type.Integer({ description: "Copies on their way" }),
      }),
    ),
    pins: Type.Optional(Type.Array(Type.String(), { description: "Nodes that hold a copy whatever else happens" })),
    health: Type.Optional(
      Type.Object({
        state: Type.Enum([...FILE_STATES], {
          description:
            "The worst that is true of any chunk: its copies are all there, some are not, one at most is, none can be read",
        }),
        chunks_short: Type.Integer({ description: "Chunks that lack copies now" }),
        chunks_unreadable: Type.Integer({ description: "Those of which no copy can be read now" }),
      }),
    ),
  },
  { $id: "File" },
);

export type FileView = Static<typeof FileViewSchema>;

/** What GET of one file shows beside the rest. */
export interface FileDetails {
  readonly pins: readonly NodeId[];
  readonly health: FileHealth;
}

export function fileView(file: FileRecord, replicas?: ReplicaSummary, details?: FileDetails): FileView {
  return {
    file_id: file.id,
    filename: file.name,
    folder_id: file.folderId,
    entry_id: file.entryId,
    version: file.version,
    version_count: file.versionCount,
    size_bytes: file.sizeBytes,
    content_type: file.mediaType,
    content_id: file.contentId,
    chunk_size: file.chunkSizeBytes,
    chunk_count: file.chunkCount,
    copies: file.copies,
    priority: file.priority,
    created_at: instantText(file.createdAtMs),
    completed_at: instantText(file.completedAtMs),
    ...(file.deleted === undefined
      ? {}
      : { deleted_at: instantText(file.deleted.atMs), gone_at: instantText(file.deleted.goneAtMs) }),
    ...(file.path === undefined ? {} : { path: pathView(file.path) }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(details === undefined ? {} : detailsView(details)),
  };
}

function detailsView({ pins, health }: FileDetails): Pick<FileView, "pins" | "health"> {
  const { state, chunksShort, chunksUnreadable } = health;
  return {
    pins: [...pins],
    health: { state, chunks_short: chunksShort, chunks_unreadable: chunksUnreadable },
  };
}
