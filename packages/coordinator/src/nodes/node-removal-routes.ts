import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";
import type { AdminLog } from "../admin/admin-log.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { NodeDirectory } from "./node-directory.ts";
import type { NodeRemoval } from "./node-removal.ts";
import { NodeParams, NodeSchema, nodeView } from "./node-schemas.ts";

/** Longer than anyone waits for the look through what a node holds. */
const CHECK_MS_MAX = 120_000;

export interface NodeRemovalRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly directory: Pick<NodeDirectory, "get" | "status">;
  readonly removal: NodeRemoval;
  readonly log: Pick<AdminLog, "note">;
}

const RemovalQuery = Type.Object({
  force: Type.Optional(Type.Boolean({ description: "Also where it is here, or holds copies that no other node has." })),
});

export function registerNodeRemovalRoutes(app: Http, deps: NodeRemovalRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.delete("/api/v1/nodes/:id", {
      onRequest: deps.authentication.requireUser,
      schema: {
        operationId: "removeNode",
        tags: [TAGS.nodes],
        summary: "Take a node that will not return out of the network (admins and its operator)",
        description:
          "It is cut off as by a ban, and what it held is made anew. Refused while it is here, or holds the only copy " +
          "of anything.",
        security: BY_ACCESS_TOKEN,
        params: NodeParams,
        querystring: RemovalQuery,
        response: {
          200: NodeSchema,
          ...errorAnswers(
            "INVALID_REQUEST",
            "UNAUTHENTICATED",
            "TOKEN_EXPIRED",
            "FORBIDDEN",
            "NODE_NOT_FOUND",
            "NODE_STILL_NEEDED",
          ),
        },
      },
      handler: async (request) => {
        const by = currentUser(request);
        const { id } = request.params;
        const known = deps.directory.get(id);
        if (known !== undefined && by.role !== "admin" && by.userId !== known.operatorId) {
          throw new AppError("FORBIDDEN", `node ${known.name} is not yours: its operator or an admin can remove it`);
        }
        const { force = false } = request.query;
        const note = deps.log.note(by, "node.remove", { force });
        const node = await deps.removal.remove(id, { force, note, signal: AbortSignal.timeout(CHECK_MS_MAX) });
        return nodeView(node, { status: deps.directory.status(node), by });
      },
    });
  });
}
