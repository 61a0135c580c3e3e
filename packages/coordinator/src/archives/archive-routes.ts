import type { FileId, FolderId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { contentDisposition } from "../downloads/content-disposition.ts";
import { type FileReaderDeps, readFile } from "../downloads/file-reader.ts";
import type { PersonalMemory } from "../downloads/personal-memory.ts";
import { PieceStream } from "../downloads/piece-stream.ts";
import { contentOf } from "../downloads/readable-content.ts";
import type { FileService } from "../files/file-service.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, TAGS } from "../http/route-schema.ts";
import { clientSignal, registerJsonRoutes, registerRawRoutes } from "../http/route-scopes.ts";
import { type ArchiveEntry, type ArchiveRequest, planArchive } from "./archive-plan.ts";
import type { ArchiveTickets } from "./archive-tickets.ts";
import { type HeldPlan, holdPlan } from "./held-plan.ts";
import { zipSizeOf, zipStream } from "./zip-stream.ts";

const DOWNLOAD_PATH = "/api/v1/archives/download";
const IDS_MAX = 800;

export interface ArchiveRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser" | "requireOpenAccount">;
  readonly metadata: Pick<Metadata, "read">;
  readonly files: Pick<FileService, "get">;
  readonly tickets: ArchiveTickets;
  /** For what is kept of an archive while it is made and sent. */
  readonly plans: PersonalMemory;
  readonly reader: Omit<FileReaderDeps, "streams">;
  readonly streams: PersonalMemory;
  readonly masterKey: Uint8Array;
  readonly stopping: AbortSignal;
  readonly logger: Logger;
}

const Ids = (title: string) =>
  Type.Optional(Type.Array(Type.String({ format: "uuid", title }), { maxItems: IDS_MAX, default: [] }));

const ArchiveBody = Type.Object({ file_ids: Ids("a file_id"), folder_ids: Ids("a folder's id") });

const ArchiveSchema = Type.Object(
  {
    url: Type.String({ description: "Of the zip, with a ticket; from this API's root." }),
    expires_at: Instant("Until when it works; after a restart of the coordinator it does not."),
    file_count: Type.Integer(),
    size_bytes: Type.Integer({ description: "Of the files together." }),
  },
  { description: "An address from which many files can be read as one." },
);

const Query = Type.Object({ ticket: Type.String({ maxLength: 256, description: "Of POST /api/v1/archives." }) });
const Zip = Type.Unsafe<unknown>({
  type: "string",
  format: "binary",
  description: "A zip, its files stored as they are.",
});

/** Many files and folders as one zip, which is made while it is sent. */
export function registerArchiveRoutes(app: Http, deps: ArchiveRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/archives", {
      onRequest: deps.authentication.requireUser,
      schema: {
        operationId: "createArchive",
        tags: [TAGS.files],
        security: BY_ACCESS_TOKEN,
        summary: "Make an address from which many files can be read as one zip",
        body: ArchiveBody,
        response: {
          200: ArchiveSchema,
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND", "FOLDER_NOT_FOUND", "OVERLOADED"),
        },
      },
      handler: async (request, reply) => {
        const { file_ids: fileIds = [], folder_ids: folderIds = [] } = request.body;
        const wanted: ArchiveRequest = {
          ownerId: currentUser(request).userId,
          fileIds: fileIds as FileId[],
          folderIds: folderIds as FolderId[],
        };
        const { plan, release } = await planFor(deps, wanted, clientSignal(reply, deps.stopping));
        release();
        const made = deps.tickets.issue(wanted);
        return {
          url: `${DOWNLOAD_PATH}?ticket=${made.ticket}`,
          expires_at: instantText(made.expiresAtMs),
          file_count: plan.entries.filter((entry) => entry.fileId !== null).length,
          size_bytes: plan.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
        };
      },
    });
  });

  registerRawRoutes(app, (routes) => {
    routes.get(DOWNLOAD_PATH, {
      exposeHeadRoute: false,
      schema: {
        operationId: "downloadArchive",
        tags: [TAGS.files],
        summary: "Download many files as one zip",
        description: "As they are now. Where a file cannot be read the connection is cut: a zip that is whole has all.",
        querystring: Query,
        produces: ["application/zip"],
        response: {
          200: Zip,
          ...errorAnswers(
            "INVALID_REQUEST",
            "UNAUTHENTICATED",
            "ACCOUNT_DISABLED",
            "FILE_NOT_FOUND",
            "FOLDER_NOT_FOUND",
            "OVERLOADED",
          ),
        },
      },
      handler: async (request, reply) => {
        const wanted = deps.tickets.open(request.query.ticket);
        await deps.authentication.requireOpenAccount(wanted.ownerId);
        return sendArchive(deps, reply, wanted);
      },
    });
  });
}

function planFor(deps: ArchiveRoutesDeps, wanted: ArchiveRequest, signal: AbortSignal): Promise<HeldPlan> {
  const make = () => planArchive({ ...deps, read: deps.metadata.read }, wanted);
  return holdPlan(deps.plans.of(wanted.ownerId), make, signal);
}

async function sendArchive(
  deps: ArchiveRoutesDeps,
  reply: FastifyReply,
  wanted: ArchiveRequest,
): Promise<FastifyReply> {
  const signal = clientSignal(reply, deps.stopping);
  const { plan, release } = await planFor(deps, wanted, signal);
  const { entries, name } = plan;
  const pieces = zipStream(entries, (entry) => contentOfEntry(deps, wanted, { entry, signal }));
  const first = (await pieces.next()).value as BufferLease;
  const body = new PieceStream(first, pieces, reply.raw);
  body.once("close", release);
  body.on("error", (error) => {
    if (!signal.aborted) deps.logger.error({ err: error, user_id: wanted.ownerId }, "an archive was cut off");
  });
  return reply
    .headers({
      "content-type": "application/zip",
      "content-length": zipSizeOf(entries),
      "content-disposition": contentDisposition("attachment", `${name}.zip`),
      "cache-control": "private, no-store",
    })
    .send(body);
}

async function* contentOfEntry(
  deps: ArchiveRoutesDeps,
  { ownerId }: ArchiveRequest,
  { entry, signal }: { readonly entry: ArchiveEntry; readonly signal: AbortSignal },
): AsyncGenerator<BufferLease, void, void> {
  if (entry.fileId === null) return;
  const file = await deps.files.get(entry.fileId, ownerId);
  const range = { start: 0, end: file.sizeBytes - 1 };
  const reader = { ...deps.reader, streams: deps.streams.of(ownerId) };
  yield* readFile(reader, contentOf(file, deps.masterKey), { range, signal });
}
