import { NODE_STATUSES } from "@commonhold/core/failure/node-status.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Metrics } from "@commonhold/runtime/metrics.ts";
import Type from "typebox";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { pageHandlerFor } from "../http/pages.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, MicroCreditsText, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { checkReadiness, type ReadinessCheck } from "./readiness.ts";
import type { NetworkStatus, StatusService } from "./status-service.ts";

export interface OperationRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly status: StatusService;
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  /** What has to work before requests are worth sending here, by name. */
  readonly readinessChecks: Readonly<Record<string, ReadinessCheck>>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

const Count = (description: string) => Type.Integer({ minimum: 0, description });

const HealthSchema = Type.Object(
  { status: Type.Literal("ok"), version: Type.String(), uptime_s: Type.Number({ description: "Since the start." }) },
  { description: "The process is alive." },
);

const readinessFields = {
  ready: Type.Boolean(),
  checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean() })),
};

const NetworkStatusSchema = Type.Object(
  {
    version: Type.String(),
    nodes: Type.Object(Object.fromEntries(NODE_STATUSES.map((status) => [status, Count(`Nodes that are ${status}.`)]))),
    files: Count("Complete files of all owners."),
    bytes: Count("Their size."),
    chunks: Type.Object({
      total: Count("Chunks that files are made of."),
      fully_replicated: Count("Those with all promised copies."),
      under_replicated: Count("Those with fewer."),
    }),
    handoffs: Type.Object({
      pending: Count("Copies that wait for their node to return."),
      spool_bytes: Count("Disk that they take here."),
      spool_bytes_max: Count("Disk that they may take."),
    }),
    capacity_bytes: Count("Lent by the nodes that are active or draining."),
    used_bytes: Count("Of that, taken."),
    ledger: Type.Union(
      [
        Type.Object({
          checked_at: Instant("When it was checked last."),
          accounts: Count("Accounts that were checked."),
          mismatches: Count("Those whose balance is not the sum of their entries: 0, or something is wrong."),
          total_microcredits: MicroCreditsText("Of all accounts together: 0, or something is wrong."),
        }),
        Type.Null(),
      ],
      { description: "Whether the accounts of credits add up; null before the first check." },
    ),
  },
  { description: "The network at a glance." },
);

export function registerOperationRoutes(
  app: Http,
  deps: OperationRoutesDeps,
  options: { readonly version: string },
): void {
  const startedMs = deps.clock.monotonicMs();
  registerJsonRoutes(app, (routes) => {
    routes.get("/health", {
      schema: {
        operationId: "health",
        tags: [TAGS.operations],
        summary: "Whether the process is alive",
        response: { 200: HealthSchema, ...errorAnswers() },
      },
      handler: async () => ({
        status: "ok" as const,
        version: options.version,
        uptime_s: Math.round(deps.clock.monotonicMs() - startedMs) / 1000,
      }),
    });
    routes.get("/", { schema: { hide: true } }, async (request, reply) => {
      const page = pageHandlerFor(request);
      return page === undefined ? reply.redirect("/docs") : page(request, reply);
    });
    registerReady(routes, deps);
    registerMetrics(routes, deps);
    registerStatus(routes, deps);
  });
}

function registerReady(routes: Http, deps: OperationRoutesDeps): void {
  routes.get("/ready", {
    schema: {
      operationId: "ready",
      tags: [TAGS.operations],
      summary: "Whether requests are worth sending here",
      response: {
        200: Type.Object(readinessFields, { description: "Everything works." }),
        503: Type.Object(readinessFields, { description: "Something does not." }),
      },
    },
    handler: async (_request, reply) => {
      const readiness = await checkReadiness(deps.readinessChecks, deps.logger);
      const body = { ready: readiness.ready, checks: { ...readiness.checks } };
      return readiness.ready ? reply.code(200).send(body) : reply.code(503).send(body);
    },
  });
}

function registerMetrics(routes: Http, deps: OperationRoutesDeps): void {
  routes.get("/metrics", {
    schema: {
      operationId: "metrics",
      tags: [TAGS.operations],
      summary: "Numbers for Prometheus",
      produces: ["text/plain"],
      response: { 200: Type.String({ description: "Prometheus' text format." }), ...errorAnswers() },
    },
    handler: async (_request, reply) => reply.type(deps.metrics.contentType).send(await deps.metrics.text()),
  });
}

function registerStatus(routes: Http, deps: OperationRoutesDeps): void {
  routes.get("/api/v1/status", {
    onRequest: deps.authentication.requireUser,
    schema: {
      operationId: "networkStatus",
      tags: [TAGS.operations],
      summary: "The network at a glance",
      security: BY_ACCESS_TOKEN,
      response: { 200: NetworkStatusSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED") },
    },
    handler: async () => {
      const status = await deps.status.networkStatus();
      const { chunks, handoffs } = status;
      return {
        version: status.version,
        nodes: { ...status.nodes },
        files: status.files,
        bytes: status.bytes,
        chunks: {
          total: chunks.total,
          fully_replicated: chunks.fullyReplicated,
          under_replicated: chunks.underReplicated,
        },
        handoffs: {
          pending: handoffs.pending,
          spool_bytes: handoffs.spoolBytes,
          spool_bytes_max: handoffs.spoolBytesMax,
        },
        capacity_bytes: status.capacityBytes,
        used_bytes: status.usedBytes,
        ledger: ledgerView(status.ledger),
      };
    },
  });
}

function ledgerView(found: NetworkStatus["ledger"]) {
  if (found === undefined) return null;
  return {
    checked_at: instantText(found.checkedAtMs),
    accounts: found.accounts,
    mismatches: found.mismatches,
    total_microcredits: found.total.toString(),
  };
}
