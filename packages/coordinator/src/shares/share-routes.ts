import type { FileId } from "@commonhold/core/ids.ts";
import Type from "typebox";
import { FileParams } from "../files/file-params.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, NoContent, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { ShareService } from "./share-service.ts";
import { ShareBody, ShareSchema, shareView } from "./share-views.ts";

export interface ShareRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly shares: Pick<ShareService, "create" | "list" | "revoke">;
}

const ListQuery = Type.Object({
  ...PageQuery,
  file: Type.Optional(
    Type.String({ format: "uuid", title: "a file_id", description: "Only links to this file, whichever version." }),
  ),
});

const Params = Type.Object({
  id: Type.String({ format: "uuid", title: "a link's id, as GET /api/v1/shares lists them" }),
});

/** Links to one's own files: making, listing, taking back. */
export function registerShareRoutes(app: Http, deps: ShareRoutesDeps): void {
  registerCreation(app, deps);
  registerJsonRoutes(app, (routes) => registerOwnersRoutes(routes, deps));
}

const common = { tags: [TAGS.shares], security: BY_ACCESS_TOKEN };

function registerCreation(app: Http, { requireUser, shares }: ShareRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/files/:id/shares", {
      onRequest: requireUser,
      schema: {
        ...common,
        operationId: "createShare",
        summary: "Make a link to a file",
        description:
          "Whoever has it can read the file, without an account: the current version, whichever that is. Its page is at " +
          "url_path.",
        params: FileParams,
        body: ShareBody,
        response: {
          201: ShareSchema,
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND", "TOO_MANY_SHARES", "OVERLOADED"),
        },
      },
      handler: async (request, reply) => {
        const { expires_in_s, password, downloads_max, sealed = false } = request.body;
        const made = await shares.create(request.params.id as FileId, currentUser(request).userId, {
          isSealed: sealed,
          ...(expires_in_s === undefined ? {} : { expiresInS: expires_in_s }),
          ...(password === undefined ? {} : { password }),
          ...(downloads_max === undefined ? {} : { downloadsMax: downloads_max }),
        });
        return reply.code(201).send(shareView(made));
      },
    });
  });
}

function registerOwnersRoutes(routes: Http, { requireUser, shares }: ShareRoutesDeps): void {
  routes.get("/api/v1/shares", {
    onRequest: requireUser,
    schema: {
      ...common,
      operationId: "listShares",
      summary: "Your links",
      querystring: ListQuery,
      response: {
        200: listOf(ShareSchema, "A page of links, newest first."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "FILE_NOT_FOUND"),
      },
    },
    handler: async (request) => {
      const { limit, cursor, file } = request.query;
      const page = await shares.list(currentUser(request).userId, {
        limit,
        cursor,
        fileId: file as FileId | undefined,
      });
      return { items: page.items.map(shareView), next_cursor: page.nextCursor };
    },
  });

  routes.delete("/api/v1/shares/:id", {
    onRequest: requireUser,
    schema: {
      ...common,
      operationId: "revokeShare",
      summary: "Take a link back",
      params: Params,
      response: {
        204: NoContent("The link leads nowhere, and no download begins by it any more."),
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "SHARE_NOT_FOUND"),
      },
    },
    handler: async (request, reply) => {
      await shares.revoke(request.params.id, currentUser(request).userId);
      return reply.code(204).send(null);
    },
  });
}
