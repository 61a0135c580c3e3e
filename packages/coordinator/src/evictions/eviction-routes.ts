import type { ChunkName } from "@commonhold/core/ids.ts";
import { EVICTION_STRATEGIES } from "@commonhold/core/repair/eviction-order.ts";
import Type from "typebox";
import type { AdminLog } from "../admin/admin-log.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentNode } from "../http/principal.ts";
import { BY_NODE_KEY, errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { EVICTION_CANDIDATES_MAX, type EvictionService } from "./eviction-service.ts";

export interface EvictionRoutesDeps {
  readonly authentication: Pick<Authentication, "requireNode">;
  readonly evictions: Pick<EvictionService, "evict">;
  readonly log: Pick<AdminLog, "note" | "record">;
}

const ChunkNames = (description: string) =>
  Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$", title: "a chunk's name: 64 lower-case hex digits" }), {
    description,
    maxItems: EVICTION_CANDIDATES_MAX,
  });

const EvictionBody = Type.Object({
  wanted_bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "What shall become free." }),
  candidates: ChunkNames("Chunks that the node would part with, the first the soonest."),
  strategy: Type.Optional(
    Type.Enum([...EVICTION_STRATEGIES], {
      description: "Orders them by what the node does not know, their priorities and other copies; lru by default.",
    }),
  ),
});

const EvictionSchema = Type.Object(
  {
    release: ChunkNames("Delete these now: their promised copies are elsewhere."),
    epoch: Type.Integer({ description: "Keep those of them that were stored under this epoch or a later one." }),
    leaving_bytes: Type.Integer({
      description: "Of the rest, what other nodes take first; then the node is told to delete it.",
    }),
  },
  { description: "What the node may part with." },
);

export function registerEvictionRoutes(app: Http, deps: EvictionRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/nodes/evictions", {
      onRequest: deps.authentication.requireNode,
      schema: {
        operationId: "evictChunks",
        tags: [TAGS.nodes],
        summary: "A node that is short of room asks what it may part with",
        security: BY_NODE_KEY,
        body: EvictionBody,
        response: { 200: EvictionSchema, ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "NOT_A_MEMBER") },
      },
      handler: async (request) => {
        const { wanted_bytes: wantedBytes, candidates, strategy = "lru" } = request.body;
        const by = currentNode(request);
        const asked = { wantedBytes, candidates: candidates as ChunkName[], strategy };
        const answer = await deps.evictions.evict(by.nodeId, asked);
        if (answer.release.length > 0 || answer.leaving.length > 0) {
          const details = {
            wanted_bytes: wantedBytes,
            released: answer.release.length,
            leaving: answer.leaving.length,
          };
          const note = deps.log.note(by, "node.evict", details);
          // What the node may delete is decided: it is to hear of it all the same.
          await deps.log.record(note, { kind: "node", id: by.nodeId }).catch((error: unknown) => {
            request.log.error({ err: error }, "an eviction could not be written to the log of actions");
          });
        }
        return { release: [...answer.release], epoch: answer.epoch, leaving_bytes: answer.leavingBytes };
      },
    });
  });
}
