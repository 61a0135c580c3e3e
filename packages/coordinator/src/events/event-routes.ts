import type { Readable } from "node:stream";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { EventHub } from "./event-hub.ts";

export interface EventRoutesDeps {
  readonly requireUser: Authentication["requireUser"];
  readonly events: EventHub;
}

const DESCRIPTION = `Server-sent events, to be read by fetch, as the access token goes in the Authorization header.
\`event\` is hello, once at the beginning, with \`{"topics", "heartbeat_ms", "ends_at"}\`; or a topic: files, folders,
nodes, repair, jobs (admins), credits. A topic's data are \`{"ids": […], "more": false}\`: what has changed, to be asked
for anew; \`more\` says that there was more than these, and no ids that the topic alone says it. Each topic comes four
times a second at most. A comment line comes every 15 s. The answer ends with the access token, and when the account's
role changes: connect again, and ask for everything anew, as nothing is told later.`;

/** The changes of what a person sees, as they happen. */
export function registerEventRoutes(app: Http, { requireUser, events }: EventRoutesDeps): void {
  app.addHook("preClose", async () => events.close());
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/events", {
      exposeHeadRoute: false,
      onRequest: requireUser,
      schema: {
        operationId: "listenToEvents",
        tags: [TAGS.operations],
        summary: "What changes, as it changes",
        description: DESCRIPTION,
        security: BY_ACCESS_TOKEN,
        produces: ["text/event-stream"],
        response: {
          200: Type.Unsafe<Readable>(Type.String({ description: "Events, until the access token ends." })),
          ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED", "TOO_MANY_REQUESTS", "OVERLOADED"),
        },
      },
      handler: async (request, reply) => {
        const { userId, role, untilMs } = currentUser(request);
        if (untilMs === undefined) throw new Error("this route is not behind an access token");
        const stream = events.open({ userId, role, untilMs });
        try {
          // A change of rights ends the connections that are open; one since they were read found none here.
          await requireUser(request);
          if (currentUser(request).role !== role) stream.end();
        } catch (error) {
          stream.readable.destroy();
          throw error;
        }
        // A proxy that gathered the answer would hold events back.
        reply.headers({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
        return reply.send(stream.readable);
      },
    });
  });
}
