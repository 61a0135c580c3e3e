import { AppError } from "@commonhold/core/app-error.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import Type, { type Static } from "typebox";
import { FileViewSchema, fileView } from "../files/file-view.ts";
import { FolderViewSchema, folderView, PathSchema, pathView } from "../folders/folder-view.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { type Hit, searchByName } from "./name-search.ts";

export interface SearchRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly metadata: Pick<Metadata, "read">;
}

const HitSchema = Type.Object({
  kind: Type.Enum(["file", "folder"]),
  file: Type.Optional(FileViewSchema),
  folder: Type.Optional(FolderViewSchema),
  path: PathSchema("The folders in which it lies, from the root."),
});

export function registerSearchRoutes(app: Http, { requireUser, metadata }: SearchRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/search", {
      onRequest: requireUser,
      schema: {
        tags: [TAGS.files],
        security: BY_ACCESS_TOKEN,
        operationId: "search",
        summary: "Your files and folders by their names",
        description:
          "Those that have the text in their name, one or two letters at its beginning, upper and lower case and accents alike; those that were named last first.",
        querystring: Type.Object({
          ...PageQuery,
          q: Type.String({
            minLength: 1,
            maxLength: 255,
            pattern: "^[^\\u0000]*$",
            title: "a part of a name, of 1 to 255 characters",
          }),
        }),
        response: {
          200: listOf(HitSchema, "A page of what was found."),
          ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED"),
        },
      },
      handler: async (request) => {
        const { q, limit, cursor } = request.query;
        if (q.trim() === "") {
          throw new AppError("INVALID_REQUEST", "q has only spaces: give a part of a name", {
            details: { field: "q" },
          });
        }
        const page = await searchByName(metadata.read, currentUser(request).userId, { text: q, limit, cursor });
        return { items: page.items.map(hitView), next_cursor: page.nextCursor };
      },
    });
  });
}

function hitView(hit: Hit): Static<typeof HitSchema> {
  const path = pathView(hit.path);
  return hit.kind === "file"
    ? { kind: hit.kind, file: fileView(hit.file), path }
    : { kind: hit.kind, folder: folderView(hit.folder, 0), path };
}
