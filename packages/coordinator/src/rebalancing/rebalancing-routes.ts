import Type from "typebox";
import type { AdminLog } from "../admin/admin-log.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { clientSignal, registerJsonRoutes } from "../http/route-scopes.ts";
import type { Rebalancing } from "./rebalancing.ts";

export interface RebalancingRoutesDeps {
  readonly authentication: Pick<Authentication, "requireRole">;
  readonly rebalancing: Pick<Rebalancing, "plan">;
  /** Begins a run in the background; joins one under way. */
  readonly start: () => void;
  readonly log: Pick<AdminLog, "note" | "record">;
}

/** Moves that an answer shows. */
const SHOWN_MAX = 1_000;

const Move = Type.Object({
  chunk: Type.String(),
  from: Type.String({ description: "The node that has it." }),
  to: Type.String({ description: "The node that shall have it." }),
  bytes: Type.Integer(),
});

const RebalancingSchema = Type.Object(
  {
    dry_run: Type.Boolean(),
    mean_fill: Type.Number({ description: "How full all live nodes together are, 0 to 1." }),
    moves_count: Type.Integer(),
    bytes: Type.Integer({ description: "What the moves copy." }),
    moves: Type.Array(Move, { description: `The first ${SHOWN_MAX}.` }),
  },
  { description: "What would make the nodes more evenly full, as things stand; without dry_run it has begun." },
);

export function registerRebalancingRoutes(app: Http, deps: RebalancingRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    routes.post("/api/v1/rebalance", {
      onRequest: deps.authentication.requireRole("admin", "operator"),
      schema: {
        operationId: "rebalance",
        tags: [TAGS.operations],
        summary: "Move copies from full nodes to empty ones (admins and operators)",
        security: BY_ACCESS_TOKEN,
        body: Type.Object({ dry_run: Type.Optional(Type.Boolean({ description: "Only say what would be moved." })) }),
        response: {
          200: RebalancingSchema,
          202: RebalancingSchema,
          ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"),
        },
      },
      handler: async (request, reply) => {
        const { dry_run: isDryRun = false } = request.body;
        const { meanFill, moves } = await deps.rebalancing.plan(clientSignal(reply));
        const bytes = moves.reduce((sum, { length }) => sum + length, 0);
        if (!isDryRun) {
          const note = deps.log.note(currentUser(request), "network.rebalance", { moves: moves.length, bytes });
          await deps.log.record(note, { kind: "network", id: "" });
          deps.start();
        }
        return reply.code(isDryRun ? 200 : 202).send({
          dry_run: isDryRun,
          mean_fill: meanFill,
          moves_count: moves.length,
          bytes,
          moves: moves
            .slice(0, SHOWN_MAX)
            .map(({ name, from, to, length }) => ({ chunk: name, from, to, bytes: length })),
        });
      },
    });
  });
}
