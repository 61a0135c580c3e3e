import { hasCode } from "@commonhold/core/app-error.ts";
import type { FileId } from "@commonhold/core/ids.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import type { FileRecord } from "../files/file-record.ts";
import { NoContent } from "../http/route-schema.ts";
import { clientSignal } from "../http/route-scopes.ts";
import { type ByteRange, parseByteRange } from "./byte-range.ts";
import { contentDisposition } from "./content-disposition.ts";
import type { Disposition } from "./download-tickets.ts";
import { type FileReaderDeps, readFile } from "./file-reader.ts";
import { contentHeadersFor, requireContentAsData } from "./inline-types.ts";
import type { PersonalMemory } from "./personal-memory.ts";
import { PieceStream } from "./piece-stream.ts";
import { contentOf } from "./readable-content.ts";
import type { ExplainUnreadable } from "./unreadable-file.ts";

export interface FileAnswerDeps {
  readonly reader: Omit<FileReaderDeps, "streams">;
  /** Of the file's owner, what each reading has in memory in any case. */
  readonly streams: PersonalMemory;
  readonly explainUnreadable: ExplainUnreadable;
  readonly masterKey: Uint8Array;
  readonly stopping: AbortSignal;
  readonly logger: Logger;
}

export const DownloadHeaders = Type.Object({
  range: Type.Optional(Type.String({ description: "One range of bytes, as in bytes=0-1023." })),
  "if-none-match": Type.Optional(Type.String()),
  "if-range": Type.Optional(
    Type.String({ description: "The ETag: the range counts only if the file is still that one." }),
  ),
});

const Content = (description: string) => Type.Unsafe<unknown>({ type: "string", format: "binary", description });

export const DOWNLOAD_ANSWERS = {
  200: Content("The whole file."),
  206: Content("The range, said in Content-Range."),
  304: NoContent("If-None-Match names the file as it is."),
};

interface Wanted {
  readonly file: FileRecord;
  readonly disposition: Disposition;
  readonly headers: { readonly range?: string; readonly "if-range"?: string; readonly "if-none-match"?: string };
  /** Asked once there is content to be sent. @throws AppError where it may not be */
  readonly admit?: () => Promise<void>;
}

/**
 * Answers GET or HEAD with a file's content, with ranges and validators (RFC 9110).
 * @throws AppError FORBIDDEN where a page wants to run it, RANGE_NOT_SATISFIABLE, CHUNK_UNAVAILABLE, what `admit` throws
 */
export async function answerWithFile(deps: FileAnswerDeps, reply: FastifyReply, wanted: Wanted): Promise<FastifyReply> {
  const { file, headers } = wanted;
  requireContentAsData(reply.request.headers["sec-fetch-dest"]);
  const etag = `"${file.contentId}"`;
  if (isNoneMatch(headers["if-none-match"], etag)) {
    setFileHeaders(reply, wanted, etag);
    return reply.code(304).send(null);
  }
  if (reply.request.method === "GET") return sendContent(deps, reply, { ...wanted, etag });
  // Ranges are defined for GET alone (RFC 9110, 14.2).
  setFileHeaders(reply, wanted, etag);
  return reply.header("content-length", file.sizeBytes).send();
}

function setFileHeaders(reply: FastifyReply, { file, disposition: asked }: Wanted, etag: string): void {
  const { disposition, security } = contentHeadersFor(file.mediaType, asked);
  reply.headers({
    ...security,
    "content-type": file.mediaType,
    "content-disposition": contentDisposition(disposition, file.name.slice(file.name.lastIndexOf("/") + 1)),
    "accept-ranges": "bytes",
    "last-modified": new Date(file.completedAtMs).toUTCString(),
    "cache-control": "private, no-cache",
    etag,
  });
}

function isNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etag);
}

/** The part that is asked for; undefined for the whole. */
function wantedRange(wanted: Known, reply: FastifyReply): ByteRange | undefined {
  const { headers } = wanted;
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

interface Known extends Wanted {
  readonly etag: string;
}

/** Waits for the first bytes, so that a file that cannot be read answers with an error and not with a cut body. */
async function sendContent(deps: FileAnswerDeps, reply: FastifyReply, wanted: Known): Promise<FastifyReply> {
  const { file, etag } = wanted;
  const part = wantedRange(wanted, reply);
  const range = part ?? { start: 0, end: file.sizeBytes - 1 };
  const signal = clientSignal(reply, deps.stopping);
  const reader = { ...deps.reader, streams: deps.streams.of(file.ownerId) };
  const pieces = readFile(reader, contentOf(file, deps.masterKey), { range, signal });
  const first = await firstPiece(deps, file.id, pieces);
  try {
    await wanted.admit?.();
  } catch (error) {
    first.value?.release();
    await pieces.return();
    throw error;
  }
  const lengthBytes = range.end - range.start + 1;
  setFileHeaders(reply, wanted, etag);
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
  deps: FileAnswerDeps,
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
