import type { FileId, FolderId } from "@commonhold/core/ids.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, NoContent, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { FileHealthReader } from "./file-health.ts";
import { FileParams, FolderOrRoot } from "./file-params.ts";
import type { FileService } from "./file-service.ts";
import { FileViewSchema, fileView } from "./file-view.ts";
import { showFile } from "./show-file.ts";

export interface FileRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: FileService;
  readonly health: FileHealthReader;
}

const ListQuery = Type.Object({
  ...PageQuery,
  sort: Type.Union(
    [
      Type.Literal("name"),
      Type.Literal("-name"),
      Type.Literal("created_at"),
      Type.Literal("-created_at"),
      Type.Literal("size_bytes"),
      Type.Literal("-size_bytes"),
    ],
    { default: "-created_at", description: "A minus sorts downward." },
  ),
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: "^[^\\u0000]*$",
      title: "a part of a name, of 1 to 255 characters",
      description: "Only names that have this in them.",
    }),
  ),
  folder: Type.Optional(FolderOrRoot("Only those that lie in it; without it, all files.")),
  deleted: Type.Optional(
    Type.Boolean({
      description:
        "Those that were deleted, by themselves and not with a folder, and can still be restored, in place of the others.",
    }),
  ),
});

export function registerFileRoutes(app: Http, deps: FileRoutesDeps): void {
  const shared = { tags: [TAGS.files], security: BY_ACCESS_TOKEN };
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/files", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "listFiles",
        summary: "Your files",
        description: "Of each file the newest version.",
        querystring: ListQuery,
        response: {
          200: listOf(FileViewSchema, "A page of files."),
          ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "FOLDER_NOT_FOUND"),
        },
      },
      handler: async (request) => {
        const { limit, cursor, sort, name, folder, deleted = false } = request.query;
        const page = await deps.files.list(currentUser(request).userId, {
          limit,
          cursor,
          sort,
          nameContains: name,
          folder: folder as FolderId | "root" | undefined,
          deleted,
        });
        return { items: page.items.map((file) => fileView(file)), next_cursor: page.nextCursor };
      },
    });

    routes.get("/api/v1/files/:id", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "getFile",
        summary: "One file, and how its copies stand",
        params: FileParams,
        response: { 200: FileViewSchema, ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND") },
      },
      handler: async (request) => {
        return await showFile(deps, { fileId: request.params.id as FileId, ownerId: currentUser(request).userId });
      },
    });

    routes.delete("/api/v1/files/:id", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "deleteFile",
        summary: "Delete a file",
        description: "The newest version with all others; an older one alone.",
        params: FileParams,
        response: {
          204: NoContent("The file is gone from your list; until its gone_at it can be restored."),
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND"),
        },
      },
      handler: async (request, reply) => {
        await deps.files.remove(request.params.id as FileId, currentUser(request).userId);
        return reply.code(204).send(null);
      },
    });
  });
}
