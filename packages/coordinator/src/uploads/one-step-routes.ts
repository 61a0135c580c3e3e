import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, FolderId, UserId } from "@commonhold/core/ids.ts";
import { COPIES_MAX } from "@commonhold/core/priority.ts";
import Type from "typebox";
import type { FileService } from "../files/file-service.ts";
import { FileViewSchema, fileView } from "../files/file-view.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { checkIdempotencyKey, IdempotencyHeaders } from "../http/idempotency-key.ts";
import { currentUser } from "../http/principal.ts";
import { bodyStream, requirePlainBody, type UnreadRequest } from "../http/request-body.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { clientSignal, registerRawRoutes } from "../http/route-scopes.ts";
import { readFormFile } from "./form-upload.ts";
import type { KeyedUploads, UploadIds } from "./keyed-uploads.ts";
import { type StreamUploadDeps, streamUpload } from "./stream-upload.ts";
import { timedBody } from "./timed-body.ts";
import type { NewUpload } from "./upload-sessions.ts";

export interface OneStepRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly uploads: StreamUploadDeps;
  readonly keyed: KeyedUploads;
  readonly files: FileService;
}

const Query = Type.Object({
  filename: Type.Optional(Type.String({ maxLength: 1024, description: "The file's name; a form may bring its own." })),
  folder_id: Type.Optional(
    Type.String({ format: "uuid", description: "The folder in which the path of the name begins; absent: the root." }),
  ),
  copies: Type.Optional(Type.Integer({ minimum: 1, maximum: COPIES_MAX })),
});

const UploadHeaders = Type.Object({
  ...IdempotencyHeaders.properties,
  "x-content-sha256": Type.Optional(
    Type.String({ pattern: "^[0-9a-fA-F]{64}$", description: "SHA-256 of the file, hex; checked." }),
  ),
  "content-md5": Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9+/]{22}==$", description: "MD5 of the file, base64; checked." }),
  ),
});

const shared = {
  tags: [TAGS.uploads],
  security: BY_ACCESS_TOKEN,
  headers: UploadHeaders,
  response: {
    201: FileViewSchema,
    ...errorAnswers(
      "INVALID_REQUEST",
      "UNAUTHENTICATED",
      "INSUFFICIENT_CREDITS",
      "FOLDER_NOT_FOUND",
      "NAME_TAKEN",
      "TOO_MANY_ENTRIES",
      "CONCURRENT_CHANGE",
      "REQUEST_TIMEOUT",
      "WRONG_CHUNK_LENGTH",
      "CHECKSUM_MISMATCH",
      "TOO_MANY_REQUESTS",
      "NOT_ENOUGH_NODES",
      "OVERLOADED",
    ),
  },
};

/** Uploads in one request, of any size, streamed. */
export function registerOneStepRoutes(app: Http, deps: OneStepRoutesDeps): void {
  registerRawRoutes(app, (routes) => {
    registerUploadFile(routes, deps);
    registerUploadFileTo(routes, deps);
  });
}

function registerUploadFile(routes: Http, deps: OneStepRoutesDeps): void {
  routes.post("/api/v1/files", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "uploadFile",
      summary: "Upload a file in one request",
      description:
        "The raw bytes with ?filename=, or a multipart form with one file. Where its folder has such a file already, it becomes the newest version of that one.",
      querystring: Query,
      consumes: ["application/octet-stream", "multipart/form-data"],
    },
    handler: async (request, reply) => {
      requireWholeBody(request);
      const { headers, query } = request;
      const folderId = (query.folder_id ?? null) as FolderId | null;
      const upload = { headers, ownerId: currentUser(request).userId, folderId, copies: query.copies };
      const signal = clientSignal(reply);
      const fileId = await storeOnce(deps.keyed, upload, (ids) =>
        isForm(headers)
          ? readFormFile(bodyStream(request), (file) =>
              streamUpload(
                deps.uploads,
                newUpload({
                  ...upload,
                  ids,
                  name: query.filename ?? file.filename,
                  mediaType: DECLARED_TYPE.test(file.mediaType) ? file.mediaType : undefined,
                  sizeBytes: undefined,
                }),
                { body: file.content, signal },
              ),
            )
          : streamUpload(deps.uploads, newUpload({ ...upload, ids, name: query.filename, ...entity(headers) }), {
              body: timedBody(() => bodyStream(request), { freesPieces: true }),
              signal,
            }),
      );
      const file = await deps.files.get(fileId as FileId, upload.ownerId);
      return reply.code(201).send(fileView(file));
    },
  });
}

function registerUploadFileTo(routes: Http, deps: OneStepRoutesDeps): void {
  routes.put("/api/v1/files/*", {
    onRequest: deps.requireUser,
    schema: {
      ...shared,
      operationId: "uploadFileTo",
      summary: "Upload a file to a name",
      description:
        "As curl -T does. Folders that are missing are made; where there is such a file already, it becomes the newest version of that one.",
      params: Type.Object({ "*": Type.String({ description: "The file's path, with folders." }) }),
      querystring: Type.Pick(Query, ["copies"]),
      consumes: ["application/octet-stream"],
    },
    handler: async (request, reply) => {
      requireWholeBody(request);
      const ownerId = currentUser(request).userId;
      const { headers, query, params } = request;
      requireNoUploadAddress(params["*"]);
      const place = { folderId: null, name: params["*"] };
      const signal = clientSignal(reply);
      const fileId = await storeOnce(deps.keyed, { headers, ownerId }, (ids) => {
        const upload = newUpload({ headers, ownerId, copies: query.copies, ids, ...place, ...entity(headers) });
        const body = timedBody(() => bodyStream(request), { freesPieces: true });
        return streamUpload(deps.uploads, upload, { body, signal });
      });
      const file = await deps.files.get(fileId as FileId, ownerId);
      return reply.code(201).send(fileView(file));
    },
  });
}

function storeOnce(
  keyed: KeyedUploads,
  { headers, ownerId }: Pick<UploadParts, "headers" | "ownerId">,
  store: (ids: UploadIds | undefined) => Promise<string>,
): Promise<string> {
  const key = checkIdempotencyKey(headers["idempotency-key"] as string | undefined);
  if (key === undefined) return store(undefined);
  const sizeBytes = isForm(headers) ? undefined : entity(headers).sizeBytes;
  return keyed.storeOnce({ ownerId, key, sizeBytes }, store);
}

/** A part of a file, as `curl -C` sends it, would be kept as if it were the whole (RFC 9110, 14.5). */
function requireWholeBody(request: UnreadRequest): void {
  requirePlainBody(request);
  const { "content-range": range, "content-length": length } = request.raw.headers;
  if (range !== undefined) {
    throw new AppError("INVALID_REQUEST", "Content-Range: a file is taken whole here; to resume, upload it in chunks");
  }
  if (length !== undefined && !Number.isSafeInteger(Number(length))) {
    throw new AppError("INVALID_REQUEST", `Content-Length ${length} is more than a file can have: 2^53 - 1 bytes`);
  }
}

/** Whoever completes an upload by PUT shall not be told that it worked, with a file of that name. */
function requireNoUploadAddress(name: string): void {
  if (!name.startsWith("upload/")) return;
  throw new AppError(
    "INVALID_REQUEST",
    'what begins with "upload/" is the address of an upload: to name a file so, give the name to POST /api/v1/files?filename=',
    { details: { in: "address", field: "*" } },
  );
}

interface UploadParts {
  readonly headers: IncomingHttpHeaders;
  readonly ownerId: UserId;
  readonly folderId: FolderId | null;
  readonly name: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly mediaType: string | undefined;
  readonly copies: number | undefined;
  readonly ids: UploadIds | undefined;
}

function newUpload(parts: UploadParts): NewUpload {
  if (parts.name === undefined || parts.name === "") {
    throw new AppError(
      "INVALID_REQUEST",
      'query field "filename" is missing: give the name, as in ?filename=notes.pdf',
      {
        details: { in: "query", field: "filename" },
      },
    );
  }
  const sha256 = parts.headers["x-content-sha256"];
  const md5 = parts.headers["content-md5"];
  return {
    ownerId: parts.ownerId,
    folderId: parts.folderId,
    name: parts.name,
    sizeBytes: parts.sizeBytes,
    mediaType: parts.mediaType,
    sha256: typeof sha256 === "string" ? sha256 : undefined,
    md5: typeof md5 === "string" ? Buffer.from(md5, "base64").toString("hex") : undefined,
    copies: parts.copies,
    oneStep: true,
    ids: parts.ids,
  };
}

function isForm(headers: IncomingHttpHeaders): boolean {
  return headers["content-type"]?.toLowerCase().startsWith("multipart/form-data") === true;
}

const DECLARED_TYPE = /^(?=.{3,255}$)[\x21-\x7e]+\/[\x20-\x7e]+$/;
/** What curl says when it was told nothing. */
const UNTOLD_TYPE = "application/x-www-form-urlencoded";

function entity(headers: IncomingHttpHeaders): Pick<UploadParts, "sizeBytes" | "mediaType"> {
  const type = headers["content-type"];
  const declared = type !== undefined && DECLARED_TYPE.test(type) && type !== UNTOLD_TYPE;
  return {
    sizeBytes: headers["content-length"] === undefined ? undefined : Number(headers["content-length"]),
    mediaType: declared ? type : undefined,
  };
}
