import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import Type from "typebox";
import { answerWithFile, DOWNLOAD_ANSWERS, DownloadHeaders, type FileAnswerDeps } from "../downloads/file-answer.ts";
import type { Http } from "../http/http-server.ts";
import { errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerRawRoutes } from "../http/route-scopes.ts";
import { SHARED_DOWNLOAD_PATH, shareExhausted } from "./link-routes.ts";
import type { ShareService } from "./share-service.ts";
import type { ShareTicket, ShareTickets } from "./share-tickets.ts";

export interface SharedDownloadRoutesDeps extends FileAnswerDeps {
  readonly shares: Pick<ShareService, "open">;
  readonly tickets: Pick<ShareTickets, "verify">;
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
}

const Query = Type.Object({
  ticket: Type.String({ maxLength: 2048, description: "Of POST /api/v1/shared/{token}/ticket." }),
});

/** GET and HEAD of what a link leads to, by a ticket. The first content that is sent for a ticket counts as a download. */
export function registerSharedDownloadRoutes(app: Http, deps: SharedDownloadRoutesDeps): void {
  registerRawRoutes(app, (routes) => {
    for (const method of ["GET", "HEAD"] as const) {
      routes.route({
        method,
        url: SHARED_DOWNLOAD_PATH,
        exposeHeadRoute: false,
        schema: {
          hide: method === "HEAD",
          operationId: "downloadSharedFile",
          tags: [TAGS.shares],
          summary: "Download what a link leads to, or a range of it",
          querystring: Query,
          headers: DownloadHeaders,
          produces: ["application/octet-stream"],
          response: {
            ...DOWNLOAD_ANSWERS,
            ...errorAnswers(
              "INVALID_REQUEST",
              "UNAUTHENTICATED",
              "TOKEN_EXPIRED",
              "FORBIDDEN",
              "SHARE_NOT_FOUND",
              "SHARE_EXHAUSTED",
              "RANGE_NOT_SATISFIABLE",
              "CHUNK_UNAVAILABLE",
            ),
          },
        },
        handler: async (request, reply) => {
          const ticket = await deps.tickets.verify(request.query.ticket);
          // The link is looked at each time: one that was taken back ends its tickets.
          const { file, downloadsLeft } = await deps.shares.open({ shareId: ticket.shareId });
          const isCounted = await wasUsed(deps, ticket);
          if (!isCounted && downloadsLeft === 0) throw shareExhausted();
          return answerWithFile(deps, reply, {
            file,
            disposition: ticket.disposition,
            headers: request.headers,
            ...(isCounted ? {} : { admit: () => count(deps, ticket) }),
          });
        },
      });
    }
  });
}

async function wasUsed({ metadata }: SharedDownloadRoutesDeps, ticket: ShareTicket): Promise<boolean> {
  const use = await metadata.read
    .selectFrom("share_uses")
    .select("ticket_id")
    .where("share_id", "=", ticket.shareId)
    .where("ticket_id", "=", ticket.ticketId)
    .executeTakeFirst();
  return use !== undefined;
}

async function count({ metadata, clock }: SharedDownloadRoutesDeps, ticket: ShareTicket): Promise<void> {
  await metadata.apply("share.use", {
    id: ticket.shareId,
    ticket_id: ticket.ticketId,
    ticket_expires_at_ms: ticket.expiresAtMs,
    now_ms: clock.nowMs(),
  });
}
