import type { FileId } from "@commonhold/core/ids.ts";
import Type from "typebox";
import type { FileService } from "../files/file-service.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerRawRoutes } from "../http/route-scopes.ts";
import { answerWithFile, DOWNLOAD_ANSWERS, DownloadHeaders, type FileAnswerDeps } from "./file-answer.ts";
import { dispositionOf } from "./ticket-authentication.ts";

export interface DownloadRoutesDeps extends FileAnswerDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: FileService;
}

const Params = Type.Object({
  id: Type.String({ format: "uuid", title: "a file_id, as GET /api/v1/files lists them" }),
});
const Query = Type.Object({
  ticket: Type.Optional(
    Type.String({ maxLength: 2048, description: "Of POST /api/v1/files/{id}/ticket, in place of an access token." }),
  ),
});
const DOWNLOAD_ERRORS = errorAnswers(
  "INVALID_REQUEST",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "FILE_NOT_FOUND",
  "RANGE_NOT_SATISFIABLE",
  "CHUNK_UNAVAILABLE",
);

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
          headers: DownloadHeaders,
          produces: ["application/octet-stream"],
          response: {
            ...DOWNLOAD_ANSWERS,
            ...DOWNLOAD_ERRORS,
          },
        },
        handler: async (request, reply) => {
          const file = await deps.files.get(request.params.id as FileId, currentUser(request).userId);
          return answerWithFile(deps, reply, {
            file,
            disposition: dispositionOf(request),
            headers: request.headers,
          });
        },
      });
    }
  });
}
