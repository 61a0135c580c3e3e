import { AppError } from "@commonhold/core/app-error.ts";
import type { FolderId } from "@commonhold/core/ids.ts";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { FolderOrRoot } from "../files/file-params.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, NoContent, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { FolderService } from "./folder-service.ts";
import type { OwnFolder } from "./folder-steps.ts";
import { FolderViewSchema, FolderWithPathSchema, folderView, folderWithPathView } from "./folder-view.ts";

export interface FolderRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly folders: FolderService;
}

export interface FolderRoutesOptions {
  readonly deletionGraceMs: number;
}

const FolderParams = Type.Object({
  id: Type.String({ format: "uuid", title: "a folder's id, as GET /api/v1/folders lists them" }),
});

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Parent = Type.Union([Type.Null(), Type.String({ format: "uuid" })], { description: "null: the root" });

const CreateBody = Type.Object({ name: Name, parent_id: Type.Optional(Parent) }, { additionalProperties: false });
const EnsureBody = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 1024, examples: ["photos/2026"] }),
    parent_id: Type.Optional(Parent),
  },
  { additionalProperties: false },
);
const ChangeBody = Type.Object(
  { name: Type.Optional(Name), parent_id: Type.Optional(Parent) },
  { additionalProperties: false },
);
const ListQuery = Type.Object({
  ...PageQuery,
  parent: Type.Optional(FolderOrRoot("Those that lie in it; the root where it is absent.")),
  deleted: Type.Optional(
    Type.Boolean({
      description:
        "Those that were deleted, by themselves and not with another, and can still be restored, in place of the others.",
    }),
  ),
});

const shared = { tags: [TAGS.files], security: BY_ACCESS_TOKEN };

export function registerFolderRoutes(app: Http, deps: FolderRoutesDeps, options: FolderRoutesOptions): void {
  registerJsonRoutes(app, (routes) => {
    registerMaking(routes, deps, options);
    registerReading(routes, deps, options);
    registerChanging(routes, deps, options);
    registerTrash(routes, deps, options);
  });
}

function registerMaking(
  routes: Http,
  { requireUser, folders }: FolderRoutesDeps,
  { deletionGraceMs }: FolderRoutesOptions,
): void {
  const refusals = errorAnswers(
    ...(["INVALID_REQUEST", "UNAUTHENTICATED", "FOLDER_NOT_FOUND", "NAME_TAKEN", "TOO_MANY_ENTRIES"] as const),
  );
  routes.post("/api/v1/folders", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "createFolder",
      summary: "Make a folder",
      body: CreateBody,
      response: { 201: FolderViewSchema, ...refusals },
    },
    handler: async (request, reply) => {
      const { name, parent_id = null } = request.body;
      const parentId = parent_id as FolderId | null;
      const folder = await folders.create(currentUser(request).userId, { name, parentId });
      return reply.code(201).send(folderView(folder, deletionGraceMs));
    },
  });

  routes.post("/api/v1/folders/ensure", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "ensureFolders",
      summary: "Make the folders of a path, where they are missing",
      description: "Answers the last of them. Made again, it changes nothing.",
      body: EnsureBody,
      response: { 200: FolderViewSchema, ...refusals },
    },
    handler: async (request) => {
      const { path, parent_id = null } = request.body;
      const parentId = parent_id as FolderId | null;
      return folderView(await folders.ensure(currentUser(request).userId, { path, parentId }), deletionGraceMs);
    },
  });
}

function registerReading(
  routes: Http,
  { requireUser, folders }: FolderRoutesDeps,
  { deletionGraceMs }: FolderRoutesOptions,
): void {
  const refusals = errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FOLDER_NOT_FOUND");
  routes.get("/api/v1/folders", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "listFolders",
      summary: "The folders in a folder, by name",
      querystring: ListQuery,
      response: {
        200: listOf(FolderViewSchema, "A page of folders."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "FOLDER_NOT_FOUND"),
      },
    },
    handler: async (request) => {
      const { parent, deleted = false, limit, cursor } = request.query;
      const query = { limit, cursor, deleted, parent: parent as FolderId | "root" | undefined };
      const page = await folders.list(currentUser(request).userId, query);
      return { items: page.items.map((folder) => folderView(folder, deletionGraceMs)), next_cursor: page.nextCursor };
    },
  });

  routes.get("/api/v1/folders/at", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "folderAt",
      summary: "The folder at a path",
      querystring: Type.Object({
        path: Type.String({ maxLength: 1024, description: 'From the root, "/photos/2026"; "/" is the root.' }),
      }),
      response: { 200: FolderWithPathSchema, ...refusals },
    },
    handler: async (request) => folderWithPathView(await folders.at(currentUser(request).userId, request.query.path)),
  });

  routes.get("/api/v1/folders/:id", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "getFolder",
      summary: "One folder, and where it lies",
      params: FolderParams,
      response: { 200: FolderWithPathSchema, ...refusals },
    },
    handler: async (request) => folderWithPathView(await folders.get(ownFolder(request, request.params.id))),
  });
}

function registerChanging(
  routes: Http,
  { requireUser, folders }: FolderRoutesDeps,
  { deletionGraceMs }: FolderRoutesOptions,
): void {
  routes.patch("/api/v1/folders/:id", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "changeFolder",
      summary: "Rename a folder, or move it with all that lies in it",
      params: FolderParams,
      body: ChangeBody,
      response: {
        200: FolderViewSchema,
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FOLDER_NOT_FOUND", "NAME_TAKEN"),
      },
    },
    handler: async (request) => {
      const { name, parent_id } = request.body;
      if (name === undefined && parent_id === undefined) {
        throw new AppError("INVALID_REQUEST", "give name or parent_id: nothing else of a folder can be changed", {
          details: { in: "body" },
        });
      }
      const move = { name, parentId: parent_id as FolderId | null | undefined };
      return folderView(await folders.move(ownFolder(request, request.params.id), move), deletionGraceMs);
    },
  });
}

function registerTrash(
  routes: Http,
  { requireUser, folders }: FolderRoutesDeps,
  { deletionGraceMs }: FolderRoutesOptions,
): void {
  routes.delete("/api/v1/folders/:id", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "deleteFolder",
      summary: "Delete a folder with all that lies in it",
      params: FolderParams,
      response: {
        204: NoContent("It is out of your sight; until its gone_at it can be restored."),
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FOLDER_NOT_FOUND", "CONCURRENT_CHANGE"),
      },
    },
    handler: async (request, reply) => {
      await folders.remove(ownFolder(request, request.params.id));
      return reply.code(204).send(null);
    },
  });

  routes.post("/api/v1/folders/:id/restore", {
    onRequest: requireUser,
    schema: {
      ...shared,
      operationId: "restoreFolder",
      summary: "Bring a deleted folder back with all that was deleted with it",
      description:
        "Of many thousand files the last come a moment after the answer. Where the folder in which it lay is gone it comes into the root; where its name was taken meanwhile it gets a number.",
      params: FolderParams,
      response: {
        200: FolderViewSchema,
        ...errorAnswers(
          "INVALID_REQUEST",
          "UNAUTHENTICATED",
          "INSUFFICIENT_CREDITS",
          "FOLDER_NOT_FOUND",
          "CONCURRENT_CHANGE",
        ),
      },
    },
    handler: async (request) =>
      folderView(await folders.restore(ownFolder(request, request.params.id)), deletionGraceMs),
  });
}

function ownFolder(request: Pick<FastifyRequest, "raw">, id: string): OwnFolder {
  return { folderId: id as FolderId, ownerId: currentUser(request).userId };
}
