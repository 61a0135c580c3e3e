import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, FolderId } from "@commonhold/core/ids.ts";
import { COPIES_MAX, PRIORITIES } from "@commonhold/core/priority.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { FileHealthReader } from "./file-health.ts";
import { FileParams } from "./file-params.ts";
import type { FileService } from "./file-service.ts";
import { FileViewSchema } from "./file-view.ts";
import type { RedundancyService } from "./redundancy-service.ts";
import { showFile } from "./show-file.ts";

export interface ChangeRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly redundancy: Pick<RedundancyService, "change">;
  readonly files: Pick<FileService, "move" | "get" | "replicas">;
  readonly health: FileHealthReader;
}

const ChangeBody = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "Without folders." })),
    folder_id: Type.Optional(
      Type.Union([Type.Null(), Type.String({ format: "uuid" })], {
        description: "The folder to which it goes; null: the root.",
      }),
    ),
    priority: Type.Optional(
      Type.Enum([...PRIORITIES], {
        description:
          "How much the file matters: what is repaired first and evicted last, and in how many copies it is kept.",
      }),
    ),
    copies: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: COPIES_MAX,
        description: "Copies of every chunk, whatever the priority says.",
      }),
    ),
  },
  { additionalProperties: false },
);

export function registerChangeRoutes(app: Http, deps: ChangeRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.patch("/api/v1/files/:id", {
      onRequest: deps.requireUser,
      schema: {
        tags: [TAGS.files],
        security: BY_ACCESS_TOKEN,
        operationId: "changeFile",
        summary: "Rename a file, move it, or change how safely it is kept",
        description: "With all its versions. Its name and its folder are changed first.",
        params: FileParams,
        body: ChangeBody,
        response: {
          200: FileViewSchema,
          ...errorAnswers(
            "INVALID_REQUEST",
            "UNAUTHENTICATED",
            "INSUFFICIENT_CREDITS",
            "FILE_NOT_FOUND",
            "FOLDER_NOT_FOUND",
            "NAME_TAKEN",
            "NOT_ENOUGH_NODES",
          ),
        },
      },
      handler: async (request) => {
        const { name, folder_id, priority, copies } = request.body;
        if ([name, folder_id, priority, copies].every((field) => field === undefined)) {
          throw new AppError(
            "INVALID_REQUEST",
            "give name, folder_id, priority or copies: nothing else of a file can be changed",
            { details: { in: "body" } },
          );
        }
        const file = { fileId: request.params.id as FileId, ownerId: currentUser(request).userId };
        if (name !== undefined || folder_id !== undefined) {
          await deps.files.move(file.fileId, file.ownerId, {
            name,
            folderId: folder_id as FolderId | null | undefined,
          });
        }
        if (priority !== undefined || copies !== undefined) await deps.redundancy.change(file, { priority, copies });
        return await showFile(deps, file);
      },
    });
  });
}
