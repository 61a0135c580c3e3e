import type { FileId, FolderId } from "@commonhold/core/ids.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { pathView } from "../folders/folder-view.ts";
import { FileParams } from "./file-params.ts";
import type { FileService } from "./file-service.ts";
import type { FileHealthReader } from "./file-health.ts";
import { FileViewSchema } from "./file-view.ts";
import { showFile } from "./show-file.ts";

export interface RestoreRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: Pick<FileService, "restore" | "get" | "replicas" | "pathTo">;
  readonly health: FileHealthReader;
}

export function registerRestoreRoutes(app: Http, deps: RestoreRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/files/:id/restore", {
      onRequest: deps.requireUser,
      schema: {
        operationId: "restoreFile",
        tags: [TAGS.files],
        security: BY_ACCESS_TOKEN,
        summary: "Bring a deleted file back",
        description:
          "Until the time that gone_at says, with all its versions. Where its folder is gone it comes into the root; where its name was taken meanwhile it gets a number. A file that was not deleted stays as it is.",
        params: FileParams,
        response: {
          200: FileViewSchema,
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "INSUFFICIENT_CREDITS", "FILE_NOT_FOUND"),
        },
      },
      handler: async (request) => {
        const file = { fileId: request.params.id as FileId, ownerId: currentUser(request).userId };
        await deps.files.restore(file.fileId, file.ownerId);
        const view = await showFile(deps, file);
        const path = await deps.files.pathTo(file.ownerId, view.folder_id as FolderId | null);
        return { ...view, path: pathView(path) };
      },
    });
  });
}
