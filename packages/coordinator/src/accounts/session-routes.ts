import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { EndedSchema, LoginSessionsSchema, loginSessionView } from "./account-schemas.ts";
import type { LoginSessions } from "./login-sessions.ts";
import { hashOpaqueToken } from "./opaque-token.ts";
import { type CookieRequest, clearSessionCookie, sessionCookieOf } from "./session-cookie.ts";

export interface SessionRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly sessions: LoginSessions;
}

const REFUSALS = ["UNAUTHENTICATED", "TOKEN_EXPIRED"] as const;

/** Where a person is signed in, and the end of it. */
export function registerSessionRoutes(routes: Http, { authentication, sessions }: SessionRoutesDeps): void {
  const onRequest = authentication.requireUser;
  const shared = { tags: [TAGS.accounts], security: BY_ACCESS_TOKEN };
  routes.get("/api/v1/auth/sessions", {
    onRequest,
    schema: {
      ...shared,
      operationId: "listSessions",
      summary: "Where you are signed in",
      response: { 200: LoginSessionsSchema, ...errorAnswers(...REFUSALS) },
    },
    handler: async (request) => {
      const { userId } = currentUser(request);
      const [items, current] = await Promise.all([sessions.list(userId), currentSession(sessions, request)]);
      return { items: items.map((session) => loginSessionView(session, session.id === current)) };
    },
  });
  routes.delete("/api/v1/auth/sessions/:id", {
    onRequest,
    schema: {
      ...shared,
      operationId: "endSession",
      summary: "Sign out one of your logins",
      description: "Access tokens that it has stay good until they expire.",
      params: Type.Object({ id: Type.String({ format: "uuid" }) }),
      response: {
        204: NoContent("It is ended."),
        ...errorAnswers("INVALID_REQUEST", ...REFUSALS, "NOT_FOUND"),
      },
    },
    handler: async (request, reply) => {
      await sessions.end(currentUser(request).userId, request.params.id);
      return reply.code(204).send(null);
    },
  });
  routes.post("/api/v1/auth/logout-everywhere", {
    onRequest,
    schema: {
      ...shared,
      operationId: "logoutEverywhere",
      summary: "End all of your logins",
      description: "On every device, this one included. Access tokens that are out stay good until they expire.",
      response: {
        200: EndedSchema,
        ...errorAnswers(...REFUSALS),
      },
    },
    handler: async (request, reply) => {
      const ended = await sessions.endAll(currentUser(request).userId);
      clearSessionCookie(reply);
      return { ended };
    },
  });
}

async function currentSession(sessions: LoginSessions, request: CookieRequest): Promise<string | undefined> {
  const token = sessionCookieOf(request);
  return token === undefined ? undefined : sessions.idOf(hashOpaqueToken(token));
}
