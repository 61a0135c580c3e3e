import type { FileId } from "@commonhold/core/ids.ts";
import Type from "typebox";
import { FileParams } from "../files/file-params.ts";
import type { FileService } from "../files/file-service.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { DISPOSITIONS, type DownloadTickets } from "./download-tickets.ts";

export interface TicketRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly files: Pick<FileService, "get">;
  readonly tickets: Pick<DownloadTickets, "issue">;
}

const TicketBody = Type.Object({
  disposition: Type.Enum([...DISPOSITIONS], {
    description: "inline shows it where its type cannot run: images but SVG, video, audio, PDF, plain text.",
  }),
});

const TicketSchema = Type.Object(
  {
    url: Type.String({ description: "Of the download, with the ticket; from this API's root." }),
    expires_at: Instant("Until when it works."),
  },
  { description: "An address for this file alone." },
);

export function registerTicketRoutes(app: Http, { requireUser, files, tickets }: TicketRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/files/:id/ticket", {
      onRequest: requireUser,
      schema: {
        operationId: "createDownloadTicket",
        tags: [TAGS.files],
        security: BY_ACCESS_TOKEN,
        summary: "Make an address from which a file can be read without a header",
        description:
          "For what cannot send one: an image in a page, a player, the browser's own download. GET and HEAD.",
        params: FileParams,
        body: TicketBody,
        response: { 200: TicketSchema, ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "FILE_NOT_FOUND") },
      },
      handler: async (request) => {
        const { userId } = currentUser(request);
        const { id: fileId } = await files.get(request.params.id as FileId, userId);
        const made = await tickets.issue({ fileId, userId, disposition: request.body.disposition });
        return {
          url: `/api/v1/files/${fileId}/download?ticket=${made.ticket}`,
          expires_at: instantText(made.expiresAtMs),
        };
      },
    });
  });
}
