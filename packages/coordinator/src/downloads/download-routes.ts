import { hasCode } from "@commonhold/core/app-error.ts";
import type { FileId } from "@commonhold/core/ids.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { openFileKey } from "../files/file-key.ts";
import type { FileRecord, FileService } from "../files/file-service.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { clientSignal, registerRawRoutes } from "../http/route-scopes.ts";
import { type ByteRange, parseByteRange } from "./byte-range.ts";
import { type FileReaderDeps, readFile } from "./file-reader.ts";
import { contentHeadersFor } from "./inline-types.ts";
import { PieceStream } from "./piece-stream.ts";
import { dispositionOf } from "./ticket-authentication.ts";
import type { ExplainUnreadable } from "./unreadable-file.ts";

export interface DownloadRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: FileService;
  readonly reader: FileReaderDeps;
  readonly explainUnreadable: ExplainUnreadable;
  readonly masterKey: Uint8Array;
  readonly stopping: AbortSignal;
  readonly logger: Logger;
}

const Params = Type.Object({
  id: Type.String({ format: "uuid", title: "a file_id, as GET /api/v1/files lists them" }),
});
const Query = Type.Object({
  ticket: Type.Optional(
    Type.String({ maxLength: 2048, description: "Of POST /api/v1/files/{id}/ticket, in place of an access token." }),
  ),
});
const Headers = Type.Object({
  range: Type.Optional(Type.String({ description: "One range of bytes, as in bytes=0-1023." })),
  "if-none-match": Type.Optional(Type.String()),
  "if-range": Type.Optional(
    Type.String({ description: "The ETag: the range counts only if the file is still that one." }),
  ),
});

const DOWNLOAD_ERRORS = errorAnswers(
  "INVALID_REQUEST",
  "UNAUTHENTICATED",
  "FILE_NOT_FOUND",
  "RANGE_NOT_SATISFIABLE",
  "CHUNK_UNAVAILABLE",
);

const Content = (description: string) => Type.Unsafe<unknown>({ type: "string", format: "binary", description });

/** GET and HEAD of a file's content, with ranges and validators (RFC 9110). */
export function registerDownloadRoutes(app: Http, deps: DownloadRoutesDeps): void {
  registerRawRoutes(app, (routes) => {
    for (const method of ["GET", "HEAD"] as const) {
      routes.route({
        method,
        url: "/api/v1/files/:id/download",
        exposeHeadRoute: false,
        onRequest: deps.requireUser,
        schema: {
          hide: method === "HEAD",
          operationId: "downloadFile",
          tags: [TAGS.files],
          security: BY_ACCESS_TOKEN,
          summary: "Download a file, or a range of it",
          params: Params,
          querystring: Query,
          headers: Headers,
          produces: ["application/octet-stream"],
          response: {
            200: Content("The whole file."),
            206: Content("The range, said in Content-Range."),
            304: NoContent("If-None-Match names the file as it is."),
            ...DOWNLOAD_ERRORS,
          },
        },
        handler: async (request, reply) => {
          const file = await deps.files.get(request.params.id as FileId, currentUser(request).userId);
          const etag = `"${file.contentId}"`;
          if (isNoneMatch(request.headers["if-none-match"], etag)) {
            setFileHeaders(reply, file, etag);
            return reply.code(304).send(null);
          }
          if (method === "GET") return sendContent(deps, reply, { file, etag, headers: request.headers });
          // Ranges are defined for GET alone (RFC 9110, 14.2).
          setFileHeaders(reply, file, etag);
          return reply.header("content-length", file.sizeBytes).send();
        },
      });
    }
  });
}

function setFileHeaders(reply: FastifyReply, file: FileRecord, etag: string): void {
  const { disposition, security } = contentHeadersFor(file.mediaType, dispositionOf(reply.request));
  const name = file.name.slice(file.name.lastIndexOf("/") + 1);
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  reply.headers({
    ...security,
    "content-type": file.mediaType,
    "content-disposition": `${disposition}; filename="${ascii}"; filename*=UTF-8''${encodeRfc5987(name)}`,
    "accept-ranges": "bytes",
    "last-modified": new Date(file.completedAtMs).toUTCString(),
    "cache-control": "private, no-cache",
    etag,
  });
}

/** Percent-encoding of RFC 8187, stricter than encodeURIComponent. */
function encodeRfc5987(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function isNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etag);
}

interface RangeHeaders {
  readonly range?: string;
  readonly "if-range"?: string;
}

/** The part that is asked for; undefined for the whole. */
function wantedRange(headers: RangeHeaders, wanted: Wanted, reply: FastifyReply): ByteRange | undefined {
  const conditional = headers["if-range"];
  if (conditional !== undefined && conditional !== wanted.etag) return undefined;
  const { sizeBytes } = wanted.file;
  try {
    return parseByteRange(headers.range, sizeBytes);
  } catch (error) {
    reply.headers({ "content-range": `bytes */${sizeBytes}`, "accept-ranges": "bytes" });
    throw error;
  }
}

interface Wanted {
  readonly file: FileRecord;
  readonly etag: string;
  readonly headers: RangeHeaders;
}

/** Waits for the first bytes, so that a file that cannot be read answers with an error and not with a cut body. */
async function sendContent(deps: DownloadRoutesDeps, reply: FastifyReply, wanted: Wanted): Promise<FastifyReply> {
  const { file, etag, headers } = wanted;
  const part = wantedRange(headers, wanted, reply);
  const range = part ?? { start: 0, end: file.sizeBytes - 1 };
  const content = {
    fileId: file.id,
    fileKey: openFileKey(file.sealedKey, file.id, deps.masterKey),
    sizeBytes: file.sizeBytes,
    chunkSizeBytes: file.chunkSizeBytes,
  };
  const signal = clientSignal(reply, deps.stopping);
  const pieces = readFile(deps.reader, content, { range, signal });
  const first = await firstPiece(deps, file.id, pieces);
  const lengthBytes = range.end - range.start + 1;
  setFileHeaders(reply, file, etag);
  reply.header("content-length", lengthBytes);
  if (part !== undefined) {
    reply.code(206).header("content-range", `bytes ${part.start}-${part.end}/${file.sizeBytes}`);
  }
  if (first.done === true) return reply.send(Buffer.alloc(0));
  if (first.value.bytes.length === lengthBytes) return sendPiece(reply, first.value, pieces);
  const body = new PieceStream(first.value, pieces, reply.raw);
  body.on("error", (error) => {
    if (!signal.aborted) deps.logger.error({ err: error, file: file.id }, "a download was cut off");
  });
  return reply.send(body);
}

/** @throws AppError CHUNK_UNAVAILABLE that says why */
async function firstPiece(
  deps: DownloadRoutesDeps,
  fileId: FileId,
  pieces: AsyncGenerator<BufferLease, void, void>,
): Promise<IteratorResult<BufferLease, void>> {
  try {
    return await pieces.next();
  } catch (error) {
    if (!hasCode(error, "CHUNK_UNAVAILABLE")) throw error;
    throw await deps.explainUnreadable(fileId, error);
  }
}

/** Sends a piece that is all there is, without a stream's work. */
function sendPiece(
  reply: FastifyReply,
  piece: BufferLease,
  pieces: AsyncGenerator<BufferLease, void, void>,
): FastifyReply {
  const { raw } = reply;
  // Only once all of it has been sent: a socket that was cut may refer to the bytes for longer.
  raw.once("finish", () => piece.release());
  // What the reading holds of the streams' memory it holds until then.
  const end = (): void => void pieces.return();
  if (raw.closed) end();
  else raw.once("close", end);
  const { buffer, byteOffset, byteLength } = piece.bytes;
  return reply.send(Buffer.from(buffer, byteOffset, byteLength));
}
