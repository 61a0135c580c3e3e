import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Static } from "typebox";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser, type UserPrincipal } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, listOf, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";
import type { NodeRecord } from "../nodes/node-record.ts";
import { NodeParams } from "../nodes/node-schemas.ts";
import type { ReputationSchema } from "../nodes/reputation-view.ts";
import type { AuditHistory } from "./audit-history.ts";
import { AuditPeriodSchema, AuditsQuery, AuditsSchema, auditView, periodView, summaryView } from "./audit-schemas.ts";

export interface AuditRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly directory: Pick<NodeDirectory, "get" | "refreshReputations">;
  readonly reputationOf: (nodeId: NodeId) => Static<typeof ReputationSchema>;
  readonly history: AuditHistory;
}

const AUDITS = "audits";
const PERIODS = "audit-periods";

export function registerAuditRoutes(app: Http, deps: AuditRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    registerNodeAudits(routes, deps);
    registerPeriods(routes, deps);
  });
}

function registerNodeAudits(routes: Http, { authentication, directory, reputationOf, history }: AuditRoutesDeps): void {
  routes.get("/api/v1/nodes/:id/audits", {
    onRequest: authentication.requireUser,
    schema: {
      operationId: "listNodeAudits",
      tags: [TAGS.nodes],
      summary: "A node's audits, newest first (its operator, admins)",
      description:
        "How it stands, how its audits of the last 30 days went, and each challenge. Passed ones are kept for 48 hours, others for 90 days.",
      security: BY_ACCESS_TOKEN,
      params: NodeParams,
      querystring: AuditsQuery,
      response: {
        200: AuditsSchema,
        ...errorAnswers(
          "INVALID_REQUEST",
          "INVALID_CURSOR",
          "UNAUTHENTICATED",
          "TOKEN_EXPIRED",
          "FORBIDDEN",
          "NODE_NOT_FOUND",
        ),
      },
    },
    handler: async (request) => {
      const node = requireOwnNode(directory.get(request.params.id), currentUser(request), request.params.id);
      const { day, outcome, limit, cursor } = request.query;
      const [issuedAtMs, id] = cursor === undefined ? [] : decodeCursor(cursor, AUDITS, ["number", "text"]);
      const before = issuedAtMs === undefined || id === undefined ? undefined : { issuedAtMs, id };
      const rows = await history.audits({ nodeId: node.id, day, outcome, before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const changes = await history.changes(node.id);
      await directory.refreshReputations(node.id);
      return {
        items: page.map(auditView),
        next_cursor: rows.length > limit && last ? encodeCursor(AUDITS, [last.issuedAtMs, last.id]) : null,
        summary: summaryView(await history.summary(node.id), { reputation: reputationOf(node.id), changes }),
      };
    },
  });
}

/** What a node failed at concerns whoever runs it, and the admins. */
function requireOwnNode(node: NodeRecord | undefined, user: UserPrincipal, id: string): NodeRecord {
  if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${id}`);
  if (user.role === "admin" || user.userId === node.operatorId) return node;
  throw new AppError("FORBIDDEN", `the audits of ${node.name} are shown to its operator and to admins`);
}

function registerPeriods(routes: Http, { authentication, history }: AuditRoutesDeps): void {
  routes.get("/api/v1/audits/periods", {
    onRequest: authentication.requireUser,
    schema: {
      operationId: "listAuditPeriods",
      tags: [TAGS.operations],
      summary: "The days of audits, newest first",
      description:
        "When a day begins the SHA-256 of its key is published, when it is over the key: whoever noted the one can recompute from the other what was asked.",
      security: BY_ACCESS_TOKEN,
      querystring: Type.Object(PageQuery),
      response: {
        200: listOf(AuditPeriodSchema, "A page of days."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, PERIODS, ["text"])[0];
      const rows = await history.periods({ before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(periodView),
        next_cursor: rows.length > limit && last !== undefined ? encodeCursor(PERIODS, [last.day]) : null,
      };
    },
  });
}
