import Type, { type Static } from "typebox";
import type { FileRecord, ReplicaSummary } from "./file-service.ts";

export const FileViewSchema = Type.Object(
  {
    file_id: Type.String({ format: "uuid" }),
    filename: Type.String(),
    size_bytes: Type.Integer(),
    content_type: Type.String(),
    content_id: Type.String({ description: "Merkle root over the SHA-256 of the plaintext chunks, hex" }),
    chunk_size: Type.Integer({ description: "Plaintext bytes of every chunk but the last" }),
    chunk_count: Type.Integer(),
    copies: Type.Integer({ description: "Copies promised for every chunk" }),
    created_at: Type.String({ format: "date-time" }),
    completed_at: Type.String({ format: "date-time" }),
    replicas: Type.Optional(
      Type.Object({
        promised: Type.Integer(),
        min: Type.Integer({ description: "Durable copies of the chunk that has fewest" }),
        pending: Type.Integer({ description: "Copies on their way" }),
      }),
    ),
  },
  { $id: "File" },
);

export type FileView = Static<typeof FileViewSchema>;

export function fileView(file: FileRecord, replicas?: ReplicaSummary): FileView {
  return {
    file_id: file.id,
    filename: file.name,
    size_bytes: file.sizeBytes,
    content_type: file.mediaType,
    content_id: file.contentId,
    chunk_size: file.chunkSizeBytes,
    chunk_count: file.chunkCount,
    copies: file.copies,
    created_at: new Date(file.createdAtMs).toISOString(),
    completed_at: new Date(file.completedAtMs).toISOString(),
    ...(replicas === undefined ? {} : { replicas }),
  };
}
