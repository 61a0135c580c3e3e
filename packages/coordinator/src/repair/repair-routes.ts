import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { RepairSchema, repairView } from "./repair-schemas.ts";
import type { RepairStatus } from "./repair-status.ts";

export interface RepairRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly status: () => RepairStatus;
}

export function registerRepairRoutes(app: Http, deps: RepairRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/repair", {
      onRequest: deps.authentication.requireUser,
      schema: {
        operationId: "repairStatus",
        tags: [TAGS.operations],
        summary: "How repair goes",
        description: "What lacks copies, since when, what is being done about it, and what cannot be helped.",
        security: BY_ACCESS_TOKEN,
        response: { 200: RepairSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED") },
      },
      handler: async (request) => repairView(deps.status(), { isAdmin: currentUser(request).role === "admin" }),
    });
  });
}
