import { CHUNK_SIZE_BYTES_MAX } from "@commonhold/core/chunk-size.ts";
import { COPIES_MAX } from "@commonhold/core/priority.ts";
import Type, { type Static } from "typebox";
import { Instant } from "../http/route-schema.ts";
import type { OpenUpload } from "./open-uploads.ts";
import type { UploadProgress } from "./upload-sessions.ts";

const SIZE_BYTES_MAX = Number.MAX_SAFE_INTEGER;

export const Sha256Hex = Type.String({
  pattern: "^[0-9a-fA-F]{64}$",
  description: "SHA-256 of the whole file, 64 hex digits; checked at completion.",
});
export const Md5Hex = Type.String({
  pattern: "^[0-9a-fA-F]{32}$",
  description: "MD5 of the whole file, 32 hex digits; checked at completion.",
});
export const UploadFolder = Type.Union([Type.Null(), Type.String({ format: "uuid" })], {
  description: "The folder in which the path of the name begins; null or absent: the root.",
});
export const MediaType = Type.String({ maxLength: 255, pattern: "^[\\x20-\\x7e]+/[\\x20-\\x7e]+$" });

export const InitiateBody = Type.Object(
  {
    filename: Type.String({
      minLength: 1,
      maxLength: 1024,
      description: "A path: folders that are missing are made.",
      examples: ["notes/linear-algebra.pdf"],
    }),
    folder_id: Type.Optional(UploadFolder),
    size_bytes: Type.Integer({ minimum: 0, maximum: SIZE_BYTES_MAX, examples: [1_048_576] }),
    content_type: Type.Optional(MediaType),
    sha256: Type.Optional(Sha256Hex),
    md5: Type.Optional(Md5Hex),
    copies: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: COPIES_MAX,
        description: "Copies of every chunk; the network's usual number if absent.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const UploadParams = Type.Object({
  id: Type.String({ format: "uuid", title: "the session_id that initiate answered" }),
});

export const ChunkQuery = Type.Object({
  index: Type.Optional(
    Type.Integer({ minimum: 0, description: "Which chunk the raw body is, from 0. Without it the body is JSON." }),
  ),
});

export const JsonChunkBody = Type.Object(
  {
    chunk_index: Type.Integer({ minimum: 0 }),
    data: Type.String({
      description: "The chunk's bytes in base64.",
      maxLength: Math.ceil(CHUNK_SIZE_BYTES_MAX / 3) * 4,
    }),
  },
  { additionalProperties: false },
);

export const CompleteBody = Type.Object(
  { sha256: Type.Optional(Sha256Hex), md5: Type.Optional(Md5Hex) },
  { additionalProperties: false },
);

const sessionFields = {
  session_id: Type.String({ format: "uuid" }),
  file_id: Type.String({ format: "uuid", description: "The file's id once the upload is complete." }),
  filename: Type.String(),
  size_bytes: Type.Integer(),
  chunk_size: Type.Integer({ description: "Bytes of every chunk but the last." }),
  chunk_count: Type.Integer(),
  expires_at: Instant("After this the upload is forgotten."),
};

export const SessionView = Type.Object(sessionFields, { description: "A new upload." });

export const ProgressView = Type.Object(
  {
    ...sessionFields,
    state: Type.String({ description: "uploading or complete" }),
    received: Type.Integer({ description: "Chunks that are safe." }),
    missing: Type.Array(Type.Integer(), { description: "Indices still to send; the first 1,000." }),
    missing_count: Type.Integer(),
  },
  { description: "How far the upload is." },
);

export const ReceiptView = Type.Object(
  {
    session_id: Type.String({ format: "uuid" }),
    index: Type.Integer(),
    chunk_name: Type.String({ description: "Name of the sealed chunk, hex." }),
    replicas: Type.Integer({ description: "Copies that are on disk now; the others follow." }),
    chunk_count: Type.Integer(),
  },
  { description: "The chunk is on the disks of a quorum of nodes." },
);

export function sessionView(upload: OpenUpload): Static<typeof SessionView> {
  return {
    session_id: upload.id,
    file_id: upload.fileId,
    filename: upload.name,
    size_bytes: upload.sizeBytes,
    chunk_size: upload.chunkSizeBytes,
    chunk_count: upload.chunkCount,
    expires_at: new Date(upload.expiresAtMs).toISOString(),
  };
}

export function progressView(progress: UploadProgress): Static<typeof ProgressView> {
  return {
    ...sessionView(progress.upload),
    state: progress.state,
    received: progress.received,
    missing: [...progress.missing],
    missing_count: progress.missingCount,
  };
}
