import { formatCredits } from "@commonhold/core/credits.ts";
import type { ExplainedSetting } from "@commonhold/runtime/config.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { checkIdempotencyKey, IdempotencyHeaders } from "../http/idempotency-key.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { creditBalanceView } from "../credits/credit-balance.ts";
import type { AdminLog } from "./admin-log.ts";
import {
  ActionSchema,
  actionView,
  GrantBody,
  GrantSchema,
  PeopleQuerySchema,
  PersonParams,
  PersonSchema,
  personView,
  RightsBody,
  SettingsSchema,
  settingView,
} from "./admin-schemas.ts";
import type { Administration } from "./administration.ts";
import type { People } from "./people.ts";

export interface AdminRoutesDeps {
  readonly authentication: Pick<Authentication, "requireRole">;
  readonly people: People;
  readonly administration: Administration;
  readonly log: Pick<AdminLog, "actions">;
  readonly settings: readonly ExplainedSetting[];
}

const PEOPLE = "people";
const ACTIONS = "admin-actions";
const REFUSALS = ["UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"] as const;
const SHARED = { tags: [TAGS.administration], security: BY_ACCESS_TOKEN };

/** For admins: people, what was done to the network, and how it is set. */
export function registerAdminRoutes(app: Http, deps: AdminRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    registerPeople(routes, deps);
    registerGrants(routes, deps);
    registerLog(routes, deps);
    registerSettings(routes, deps);
  });
}

function registerPeople(routes: Http, { authentication, people, administration }: AdminRoutesDeps): void {
  const onRequest = authentication.requireRole("admin");
  routes.get("/api/v1/admin/users", {
    onRequest,
    schema: {
      ...SHARED,
      operationId: "listUsers",
      summary: "Everybody who has an account, by e-mail address (admins)",
      querystring: PeopleQuerySchema,
      response: {
        200: listOf(PersonSchema, "A page of accounts."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", ...REFUSALS),
      },
    },
    handler: async (request) => {
      const { q: startsWith, role, limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor, PEOPLE, ["text"])[0];
      const found = await people.list({ startsWith, role, after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(personView),
        next_cursor: found.length > limit && last !== undefined ? encodeCursor(PEOPLE, [last.email]) : null,
      };
    },
  });
  routes.patch("/api/v1/admin/users/:id", {
    onRequest,
    schema: {
      ...SHARED,
      operationId: "changeUser",
      summary: "Give a person another role, shut their account or open it (admins)",
      description:
        "What was is written to the log. An account that is shut is signed out everywhere and its calls are refused " +
        "at once; its files and its nodes stay. There is always an admin.",
      params: PersonParams,
      body: RightsBody,
      response: {
        200: PersonSchema,
        ...errorAnswers("INVALID_REQUEST", ...REFUSALS, "NOT_FOUND", "LAST_ADMIN"),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      await administration.change(currentUser(request), id, request.body);
      return personView(await people.get(id));
    },
  });
}

function registerGrants(routes: Http, { authentication, people, administration }: AdminRoutesDeps): void {
  routes.post("/api/v1/admin/users/:id/credits", {
    onRequest: authentication.requireRole("admin"),
    schema: {
      ...SHARED,
      operationId: "grantCredits",
      summary: "Give a person credits (admins)",
      description: "What they owe is paid first. With an Idempotency-Key, the same request sent again gives only once.",
      headers: IdempotencyHeaders,
      params: PersonParams,
      body: GrantBody,
      response: { 201: GrantSchema, ...errorAnswers("INVALID_REQUEST", ...REFUSALS, "NOT_FOUND") },
    },
    handler: async (request, reply) => {
      const userId = request.params.id;
      const { amount_microcredits, reason } = request.body;
      const microCredits = BigInt(amount_microcredits);
      const idempotencyKey = checkIdempotencyKey(request.headers["idempotency-key"]);
      const grant = { userId, microCredits, reason, idempotencyKey };
      const { repeated } = await administration.grant(currentUser(request), grant);
      const { credits } = await people.get(userId);
      return reply.code(201).send({
        amount: formatCredits(microCredits),
        amount_microcredits,
        repeated,
        balance: creditBalanceView(credits),
      });
    },
  });
}

function registerLog(routes: Http, { authentication, log }: AdminRoutesDeps): void {
  routes.get("/api/v1/admin/actions", {
    onRequest: authentication.requireRole("admin"),
    schema: {
      ...SHARED,
      operationId: "listAdminActions",
      summary: "What admins and operators had done, newest first (admins)",
      description:
        "Roles, accounts shut and opened, credits given, nodes cut off, let in and removed, jobs run, paused and " +
        "throttled, rebalancing, and what nodes parted with for want of room.",
      querystring: Type.Object(PageQuery),
      response: {
        200: listOf(ActionSchema, "A page of actions."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", ...REFUSALS),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, ACTIONS, ["number"])[0];
      const found = await log.actions({ before, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(actionView),
        next_cursor: found.length > limit && last !== undefined ? encodeCursor(ACTIONS, [last.id]) : null,
      };
    },
  });
}

function registerSettings(routes: Http, { authentication, settings }: AdminRoutesDeps): void {
  routes.get("/api/v1/admin/settings", {
    onRequest: authentication.requireRole("admin"),
    schema: {
      ...SHARED,
      operationId: "showSettings",
      summary: "The coordinator's settings, and where each comes from (admins)",
      response: { 200: SettingsSchema, ...errorAnswers(...REFUSALS) },
    },
    handler: async () => ({ items: settings.map(settingView) }),
  });
}
