import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { isUtcMonth, utcDayOf, utcMonthOf } from "@commonhold/core/economics/utc-day.ts";
import type { Authentication } from "../http/authentication.ts";
import type { CreditService } from "../credits/credit-service.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser, type UserPrincipal } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";
import type { NodeRecord } from "../nodes/node-record.ts";
import { NodeParams } from "../nodes/node-schemas.ts";
import type { EarningsHistory } from "./earnings-history.ts";
import { EarningsQuery, EarningsSchema, earningsView } from "./earnings-schemas.ts";

export interface EarningsRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly directory: Pick<NodeDirectory, "get">;
  readonly history: EarningsHistory;
  readonly credits: Pick<CreditService, "nodeEarnings">;
  readonly clock: Clock;
}

export function registerEarningsRoutes(app: Http, deps: EarningsRoutesDeps): void {
  const { directory, history, credits, clock } = deps;
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/nodes/:id/earnings", {
      onRequest: deps.authentication.requireUser,
      schema: {
        operationId: "nodeEarnings",
        tags: [TAGS.nodes],
        summary: "What a node earned in a month, day by day (its operator, admins)",
        description: "Days are settled after midnight UTC; each says itself how it comes about. See docs/economics.md.",
        security: BY_ACCESS_TOKEN,
        params: NodeParams,
        querystring: EarningsQuery,
        response: {
          200: EarningsSchema,
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN", "NODE_NOT_FOUND"),
        },
      },
      handler: async (request) => {
        const node = requireOwnNode(directory.get(request.params.id), currentUser(request), request.params.id);
        const month = request.query.month ?? utcMonthOf(utcDayOf(clock.nowMs()));
        if (!isUtcMonth(month)) {
          throw new AppError("INVALID_REQUEST", `"${month}" is no month: give it as 2026-01`, {
            details: { in: "query", field: "month" },
          });
        }
        return earningsView({
          nodeId: node.id,
          month,
          earned: await history.month(node.id, month),
          balance: await credits.nodeEarnings(node.id),
          forfeited: await history.forfeited(node.id),
        });
      },
    });
  });
}

/** What a node earns concerns whoever runs it, and the admins. */
function requireOwnNode(node: NodeRecord | undefined, user: UserPrincipal, id: string): NodeRecord {
  if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${id}`);
  if (user.role === "admin" || user.userId === node.operatorId) return node;
  throw new AppError("FORBIDDEN", `the earnings of ${node.name} are shown to its operator and to admins`);
}
