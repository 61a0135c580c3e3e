import type { FileId } from "@commonhold/core/ids.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { FileHealthReader } from "./file-health.ts";
import { FileParams } from "./file-params.ts";
import type { FileService } from "./file-service.ts";
import { FileViewSchema, fileView } from "./file-view.ts";
import { showFile } from "./show-file.ts";

export interface VersionRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: Pick<FileService, "versions" | "makeCurrent" | "get" | "replicas">;
  readonly health: FileHealthReader;
}

export function registerVersionRoutes(app: Http, deps: VersionRoutesDeps): void {
  const shared = { tags: [TAGS.files], security: BY_ACCESS_TOKEN, params: FileParams };
  const refusals = errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND");
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/files/:id/versions", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "listVersions",
        summary: "All versions of a file",
        description: "By the id of any of them.",
        response: {
          200: Type.Object({ items: Type.Array(FileViewSchema, { description: "The newest first." }) }),
          ...refusals,
        },
      },
      handler: async (request) => {
        const versions = await deps.files.versions(request.params.id as FileId, currentUser(request).userId);
        return { items: versions.map((file) => fileView(file)) };
      },
    });

    routes.post("/api/v1/files/:id/make-current", {
      onRequest: deps.requireUser,
      schema: {
        ...shared,
        operationId: "makeVersionCurrent",
        summary: "Make an older version the newest one",
        description: "Its bytes stay where they are; the others keep their order. The newest one stays as it is.",
        response: { 200: FileViewSchema, ...refusals },
      },
      handler: async (request) => {
        const file = { fileId: request.params.id as FileId, ownerId: currentUser(request).userId };
        await deps.files.makeCurrent(file.fileId, file.ownerId);
        return await showFile(deps, file);
      },
    });
  });
}
