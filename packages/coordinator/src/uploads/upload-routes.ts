import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { CHUNK_SIZE_BYTES_MAX } from "@commonhold/core/chunk-size.ts";
import type { FileId, FolderId, UploadId } from "@commonhold/core/ids.ts";
import type { Static } from "typebox";
import type { FileService } from "../files/file-service.ts";
import { FileViewSchema, fileView } from "../files/file-view.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { checkIdempotencyKey, IdempotencyHeaders } from "../http/idempotency-key.ts";
import { currentUser } from "../http/principal.ts";
import { bodyStream, readJsonBody, requirePlainBody, type UnreadRequest } from "../http/request-body.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { clientSignal, registerJsonRoutes, registerRawRoutes } from "../http/route-scopes.ts";
import { compileValidator } from "../http/schema-validation.ts";
import { timedBody } from "./timed-body.ts";
import { type ChunkPart, type ChunkReceiverDeps, receiveChunk } from "./chunk-receiver.ts";
import type { CompleteUpload } from "./complete-upload.ts";
import type { KeyedUploads, UploadIds } from "./keyed-uploads.ts";
import type { OpenUpload, OpenUploads } from "./open-uploads.ts";
import {
  ChunkQuery,
  CompleteBody,
  InitiateBody,
  JsonChunkBody,
  ProgressView,
  progressView,
  ReceiptView,
  SessionView,
  sessionView,
  UploadParams,
} from "./upload-schemas.ts";
import type { UploadSessions } from "./upload-sessions.ts";

/** A chunk holds memory that others wait for while it comes: a slower line than about 14 KB/s needs one of its own. */
const CHUNK_MS_MAX = 300_000;
const JSON_CHUNK_LIMITS = { maxBytes: Math.ceil(CHUNK_SIZE_BYTES_MAX / 3) * 4 + 4096, timeoutMs: CHUNK_MS_MAX };
/** A JSON chunk is in memory as text, parsed, and decoded; afterwards as any other. */
const JSON_CHUNK_MEMORY_BYTES = 3 * JSON_CHUNK_LIMITS.maxBytes;

export interface UploadRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly sessions: UploadSessions;
  readonly keyed: KeyedUploads;
  readonly openUploads: OpenUploads;
  readonly receiver: ChunkReceiverDeps;
  readonly complete: CompleteUpload;
  readonly files: FileService;
}

/** The three-step upload: initiate, chunks in any order, complete. */
export function registerUploadRoutes(app: Http, deps: UploadRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    registerInitiate(routes, deps);
    registerProgress(routes, deps);
    registerComplete(routes, deps);
  });
  registerRawRoutes(app, (routes) => registerChunkRoutes(routes, deps));
}

const CHUNK_ERRORS = errorAnswers(
  "INVALID_REQUEST",
  "UNAUTHENTICATED",
  "UPLOAD_NOT_FOUND",
  "UPLOAD_ENDED",
  "CHUNK_CONFLICT",
  "REQUEST_TIMEOUT",
  "UPLOAD_EXPIRED",
  "BODY_TOO_LARGE",
  "INVALID_CHUNK_INDEX",
  "WRONG_CHUNK_LENGTH",
  "NOT_ENOUGH_NODES",
  "OVERLOADED",
);

const shared = { tags: [TAGS.uploads], security: BY_ACCESS_TOKEN };

function findUpload(
  deps: UploadRoutesDeps,
  request: UnreadRequest & { readonly params: { readonly id: string } },
): Promise<OpenUpload> {
  return deps.openUploads.find(request.params.id as UploadId, currentUser(request).userId);
}

function registerInitiate(routes: Http, deps: UploadRoutesDeps): void {
  routes.post("/api/v1/files/upload/initiate", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "initiateUpload",
      summary: "Begin an upload",
      description:
        "Reserves the credits for a month of storage and says how to cut the file. With the same key it is the same upload.",
      headers: IdempotencyHeaders,
      body: InitiateBody,
      response: {
        201: SessionView,
        ...errorAnswers(
          "INVALID_REQUEST",
          "UNAUTHENTICATED",
          "INSUFFICIENT_CREDITS",
          "FOLDER_NOT_FOUND",
          "NAME_TAKEN",
          "TOO_MANY_ENTRIES",
          "UPLOAD_ENDED",
          "CONCURRENT_CHANGE",
          "TOO_MANY_REQUESTS",
          "NOT_ENOUGH_NODES",
        ),
      },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const ownerId = currentUser(request).userId;
      const begin = (ids?: UploadIds): Promise<OpenUpload> =>
        deps.sessions.initiate({
          ownerId,
          folderId: (body.folder_id ?? null) as FolderId | null,
          name: body.filename,
          sizeBytes: body.size_bytes,
          mediaType: body.content_type,
          sha256: body.sha256,
          md5: body.md5,
          copies: body.copies,
          oneStep: false,
          ids,
        });
      const key = checkIdempotencyKey(request.headers["idempotency-key"]);
      const upload =
        key === undefined
          ? await begin()
          : await deps.keyed.beginOnce(
              { ownerId, key, sizeBytes: body.size_bytes },
              { findOpen: (id) => deps.sessions.findOpen(id, ownerId), begin },
            );
      return reply.code(201).send(sessionView(upload));
    },
  });
}

function registerProgress(routes: Http, deps: UploadRoutesDeps): void {
  routes.get("/api/v1/files/upload/:id", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "uploadProgress",
      summary: "How far an upload is, and which chunks are missing",
      params: UploadParams,
      response: { 200: ProgressView, ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "UPLOAD_NOT_FOUND") },
    },
    handler: async (request) => progressView(await deps.sessions.progress(await findUpload(deps, request))),
  });

  routes.delete("/api/v1/files/upload/:id", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "abortUpload",
      summary: "Give an upload up",
      description: "The reservation is released.",
      params: UploadParams,
      response: {
        204: NoContent("The upload is gone."),
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "UPLOAD_NOT_FOUND"),
      },
    },
    handler: async (request, reply) => {
      await deps.sessions.abort(await findUpload(deps, request));
      return reply.code(204).send(null);
    },
  });
}

function registerComplete(routes: Http, deps: UploadRoutesDeps): void {
  routes.post("/api/v1/files/upload/:id/complete", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "completeUpload",
      summary: "Complete an upload",
      description:
        "Completing it again gives the same file. A promised digest is checked against what is stored. Where its folder has such a file already, it becomes the newest version of that one.",
      params: UploadParams,
      body: CompleteBody,
      response: {
        201: FileViewSchema,
        ...errorAnswers(
          "INVALID_REQUEST",
          "UNAUTHENTICATED",
          "UPLOAD_NOT_FOUND",
          "NAME_TAKEN",
          "TOO_MANY_ENTRIES",
          "CHUNKS_MISSING",
          "CHECKSUM_MISMATCH",
        ),
      },
    },
    handler: async (request, reply) => {
      const upload = await findUpload(deps, request);
      const promised = {
        sha256: request.body.sha256?.toLowerCase() ?? null,
        md5: request.body.md5?.toLowerCase() ?? null,
      };
      const fileId = await deps.complete.fromChunks(upload, promised, clientSignal(reply));
      const file = await deps.files.get(fileId as FileId, upload.ownerId);
      return reply.code(201).send(fileView(file, await deps.files.replicas(file)));
    },
  });
}

const CHUNK_DESCRIPTION =
  "The raw bytes with ?index=, or JSON with chunk_index and data in base64. Any order, in parallel, and the same again.";

/** PUT does the same as POST and is not documented twice. */
function registerChunkRoutes(routes: Http, deps: UploadRoutesDeps): void {
  for (const method of ["POST", "PUT"] as const) {
    routes.route({
      method,
      url: "/api/v1/files/upload/:id/chunk",
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        hide: method === "PUT",
        operationId: "sendChunk",
        summary: "Send a chunk",
        description: CHUNK_DESCRIPTION,
        params: UploadParams,
        querystring: ChunkQuery,
        consumes: ["application/octet-stream", "application/json"],
        body: JsonChunkBody,
        response: { 200: ReceiptView, ...CHUNK_ERRORS },
      },
      handler: async (request, reply) => {
        requirePlainBody(request);
        const upload = await findUpload(deps, request);
        const signal = clientSignal(reply);
        const part =
          request.query.index === undefined
            ? await readJsonChunk(deps, request, signal)
            : {
                index: request.query.index,
                body: timedBody(() => bodyStream(request), { totalMsMax: CHUNK_MS_MAX, freesPieces: true }),
              };
        const stored = await receiveChunk(deps.receiver, upload, { ...part, signal });
        return reply.header("cache-control", "no-store").send({
          session_id: upload.id,
          index: part.index,
          chunk_name: stored.name,
          replicas: stored.replicas,
          chunk_count: upload.chunkCount,
        });
      },
    });
  }
}

const validateJsonChunk = compileValidator({ schema: JsonChunkBody, httpPart: "body", method: "POST", url: "" }) as (
  value: unknown,
) => { readonly value: Static<typeof JsonChunkBody> } | { readonly error: Error };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

async function readJsonChunk(deps: UploadRoutesDeps, request: UnreadRequest, signal: AbortSignal): Promise<ChunkPart> {
  const release = await deps.receiver.budget.acquire(JSON_CHUNK_MEMORY_BYTES, signal);
  try {
    const result = validateJsonChunk(await readJsonBody(request, JSON_CHUNK_LIMITS).catch(withoutIndex));
    if ("error" in result) throw result.error;
    const { chunk_index, data } = result.value;
    if (data.length % 4 !== 0 || !BASE64.test(data)) {
      throw new AppError(
        "INVALID_REQUEST",
        'body field "data" is not base64: encode the bytes with + and /, padded by =',
        {
          details: { field: "data" },
        },
      );
    }
    const bytes = Buffer.from(data, "base64");
    return { index: chunk_index, body: once(bytes), held: release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Most who send no JSON here have forgotten the query. */
function withoutIndex(cause: unknown): never {
  if (!hasCode(cause, "INVALID_REQUEST")) throw cause;
  throw new AppError("INVALID_REQUEST", `without ?index=N the chunk is read as JSON, and ${cause.message}`, {
    details: cause.details,
    cause,
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
