import { NODE_STATUSES } from "@commonhold/core/failure/node-status.ts";
import type { FileId } from "@commonhold/core/ids.ts";
import { REPLICA_STATES } from "@commonhold/core/repair/chunk-record.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, listOf, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { ChunkPlace, FileChunks } from "./file-chunks.ts";
import { FileParams } from "./file-params.ts";
import type { FileService } from "./file-service.ts";

export interface FileChunkRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: Pick<FileService, "get">;
  readonly chunks: FileChunks;
}

const FILE_CHUNKS = "file-chunks";
const CHUNKS_PER_PAGE_MAX = 200;

const ChunkPlaceSchema = Type.Object({
  index: Type.Integer({ minimum: 0, description: "Its place in the file." }),
  size_bytes: Type.Integer({ minimum: 0, description: "Of the file, before it is compressed and sealed." }),
  wanted: Type.Integer({
    minimum: 0,
    description: "Copies that are promised: the most that any of your files with the same bytes asks for.",
  }),
  copies: Type.Array(
    Type.Object({
      node_id: Type.String(),
      node_name: Type.String(),
      node_state: Type.Enum([...NODE_STATUSES]),
      state: Type.Enum([...REPLICA_STATES], {
        description:
          "active: it is there and counts · pending: on its way · leaving: there, until another stands in for it · " +
          "doubtful: found missing or wrong",
      }),
      node_audited_at: Type.Union([Instant("When the node last proved that it has what it holds."), Type.Null()], {
        description:
          "Each copy is asked for in turn, every few hours; what is kept is when the node passed last, with whatever " +
          "copies. null where it passed none of late.",
      }),
    }),
    { description: "By the names of their nodes." },
  ),
});

/** Where the bytes of a file lie. */
export function registerFileChunkRoutes(app: Http, { requireUser, files, chunks }: FileChunkRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/files/:id/chunks", {
      onRequest: requireUser,
      schema: {
        operationId: "listFileChunks",
        tags: [TAGS.files],
        summary: "Where the chunks of a file lie, in their order",
        security: BY_ACCESS_TOKEN,
        params: FileParams,
        querystring: Type.Object({
          ...PageQuery,
          limit: Type.Integer({
            minimum: 1,
            maximum: CHUNKS_PER_PAGE_MAX,
            default: 100,
            description: "Items on a page.",
          }),
        }),
        response: {
          200: listOf(ChunkPlaceSchema, "A page of chunks."),
          ...errorAnswers(
            ...(["INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"] as const),
            "FILE_NOT_FOUND",
          ),
        },
      },
      handler: async (request) => {
        const file = await files.get(request.params.id as FileId, currentUser(request).userId);
        const { limit, cursor } = request.query;
        const after = cursor === undefined ? -1 : decodeCursor(cursor, FILE_CHUNKS, ["number"])[0];
        const found = await chunks.page(file.id, { after, limit: limit + 1 });
        const page = found.slice(0, limit);
        const last = page.at(-1);
        return {
          items: page.map(chunkPlaceView),
          next_cursor: found.length > limit && last !== undefined ? encodeCursor(FILE_CHUNKS, [last.index]) : null,
        };
      },
    });
  });
}

function chunkPlaceView({ index, sizeBytes, wanted, copies }: ChunkPlace) {
  return {
    index,
    size_bytes: sizeBytes,
    wanted,
    copies: copies.map((copy) => ({
      node_id: copy.nodeId,
      node_name: copy.nodeName,
      node_state: copy.nodeStatus,
      state: copy.state,
      node_audited_at: copy.nodeAuditedAtMs === undefined ? null : instantText(copy.nodeAuditedAtMs),
    })),
  };
}
