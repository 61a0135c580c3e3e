import { AppError } from "@commonhold/core/app-error.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, listOf, PageQuery, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { NodeDirectory } from "./node-directory.ts";
import { NodeParams } from "./node-schemas.ts";

export interface NodeEventRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly directory: Pick<NodeDirectory, "get">;
  readonly metadata: Pick<Metadata, "read">;
}

const NODE_EVENTS = "node-events";

const NodeEventSchema = Type.Object({
  at: Instant("When it was seen."),
  from: Type.String({ description: "How the node stood, or what audits said of it.", examples: ["active"] }),
  to: Type.String({ examples: ["suspect"] }),
  why: Type.String(),
});

/** What happened to a node, as far as it is kept: a thousand changes, for 90 days. */
export function registerNodeEventRoutes(app: Http, { authentication, directory, metadata }: NodeEventRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/nodes/:id/events", {
      onRequest: authentication.requireUser,
      schema: {
        operationId: "listNodeEvents",
        tags: [TAGS.nodes],
        summary: "How a node stood and what audits made of it, newest first (its operator, admins)",
        security: BY_ACCESS_TOKEN,
        params: NodeParams,
        querystring: Type.Object(PageQuery),
        response: {
          200: listOf(NodeEventSchema, "A page of changes."),
          ...errorAnswers(
            ...(["INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"] as const),
            ...(["FORBIDDEN", "NODE_NOT_FOUND"] as const),
          ),
        },
      },
      handler: async (request) => {
        const { userId, role } = currentUser(request);
        const node = directory.get(request.params.id);
        if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${request.params.id}`);
        if (role !== "admin" && userId !== node.operatorId) {
          throw new AppError("FORBIDDEN", `what happened to ${node.name} is shown to its operator and to admins`);
        }
        const { limit, cursor } = request.query;
        const before = cursor === undefined ? undefined : decodeCursor(cursor, NODE_EVENTS, ["number"])[0];
        const rows = await readEvents(metadata, { nodeId: node.id, before, limit: limit + 1 });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          items: page.map((row) => ({
            at: instantText(row.at_ms),
            from: row.from_status,
            to: row.to_status,
            why: row.why,
          })),
          next_cursor: rows.length > limit && last !== undefined ? encodeCursor(NODE_EVENTS, [last.id]) : null,
        };
      },
    });
  });
}

/** Newest first. */
async function readEvents(
  { read }: Pick<Metadata, "read">,
  { nodeId, before, limit }: { readonly nodeId: string; readonly before: number | undefined; readonly limit: number },
) {
  let select = read
    .selectFrom("node_events")
    .select(["id", "at_ms", "from_status", "to_status", "why"])
    .where("node_id", "=", nodeId)
    .orderBy("id", "desc")
    .limit(limit);
  if (before !== undefined) select = select.where("id", "<", before);
  return await select.execute();
}
