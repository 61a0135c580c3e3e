import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { AdminLog } from "../admin/admin-log.ts";
import type { LossReports } from "../anti-entropy/loss-reports.ts";
import { nodeEarningsView } from "../credits/credit-balance.ts";
import type { CreditService } from "../credits/credit-service.ts";
import type { DrainLoop } from "../draining/drain-loop.ts";
import type { EvictionService } from "../evictions/eviction-service.ts";
import { createAttemptLimit } from "../http/attempt-limit.ts";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { currentNode, currentUser, principalOf } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, BY_NODE_KEY, errorAnswers, instantText, listOf, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { NodeDirectory } from "./node-directory.ts";
import type { NodeRecord } from "./node-record.ts";
import {
  HeartbeatAnswerSchema,
  HeartbeatBody,
  JoinTokenBody,
  JoinTokenSchema,
  NodeParams,
  NodeSchema,
  NodesQuery,
  nodeView,
  RegisterNodeBody,
  RegistrationSchema,
  readHeartbeat,
  readRegistration,
} from "./node-schemas.ts";
import type { NodeService } from "./node-service.ts";
import type { reputationView } from "./reputation-view.ts";

export interface NodeRoutesDeps {
  readonly authentication: Authentication;
  readonly nodes: NodeService;
  readonly directory: NodeDirectory;
  /** What audits and uptime say of a node. */
  readonly reputationOf: (nodeId: NodeId) => ReturnType<typeof reputationView>;
  readonly credits: Pick<CreditService, "nodeEarnings">;
  readonly losses: LossReports;
  readonly drains: Pick<DrainLoop, "progressOf">;
  readonly evictions: Pick<EvictionService, "relieve">;
  readonly log: Pick<AdminLog, "note">;
  /** The coordinator as a peer, as nodes shall reach it. */
  readonly coordinatorPeer: () => { readonly peerId: string; readonly addresses: readonly string[] };
  /** The address of this API, as nodes shall call it. */
  readonly publicUrl: () => string;
}

export interface NodeRoutesOptions {
  readonly heartbeatIntervalMs: number;
  readonly registrationsPerAddressPerMinuteMax: number;
  readonly joinTokensPerUserPerHourMax: number;
}

const NODES = "nodes";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DEFAULT_EXPIRY_S = 24 * 3600;

export function registerNodeRoutes(app: Http, deps: NodeRoutesDeps, options: NodeRoutesOptions): void {
  registerJsonRoutes(app, (routes) => {
    registerReads(routes, deps);
    registerJoinTokens(routes, deps, options);
    registerRegistration(routes, deps, options);
    registerHeartbeat(routes, deps, options);
    registerBans(routes, deps);
  });
}

function registerReads(routes: Http, deps: NodeRoutesDeps): void {
  const { directory } = deps;
  const shared = { tags: [TAGS.nodes], security: BY_ACCESS_TOKEN };
  routes.get("/api/v1/nodes", {
    onRequest: deps.authentication.requireUser,
    schema: {
      ...shared,
      operationId: "listNodes",
      summary: "The network's nodes, by name",
      querystring: NodesQuery,
      response: {
        200: listOf(NodeSchema, "A page of nodes."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
      },
    },
    handler: async (request) => {
      const { limit, cursor, status } = request.query;
      const by = currentUser(request);
      const after = cursor === undefined ? undefined : decodeCursor(cursor, NODES, ["text"])[0];
      const rest = directory
        .list()
        .filter((node) => after === undefined || node.name > after)
        .map((node) => nodeView(node, { status: directory.status(node), by, reputation: deps.reputationOf(node.id) }))
        .filter((node) => status === undefined || node.status === status);
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        next_cursor: rest.length > limit && last !== undefined ? encodeCursor(NODES, [last.name]) : null,
      };
    },
  });
  routes.get("/api/v1/nodes/:id", {
    onRequest: deps.authentication.requireUser,
    schema: {
      ...shared,
      operationId: "getNode",
      summary: "One node",
      params: NodeParams,
      response: { 200: NodeSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED", "NODE_NOT_FOUND") },
    },
    handler: async (request) => {
      const node = directory.get(request.params.id);
      if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${request.params.id}`);
      const seen = { status: directory.status(node), by: currentUser(request) };
      return nodeView(node, { ...seen, reputation: deps.reputationOf(node.id) });
    },
  });
}

function registerJoinTokens(routes: Http, deps: NodeRoutesDeps, options: NodeRoutesOptions): void {
  const perUser = createAttemptLimit(routes, {
    max: options.joinTokensPerUserPerHourMax,
    windowMs: HOUR_MS,
    what: "join tokens of this account",
    key: (request) => {
      const principal = principalOf(request);
      return principal?.kind === "user" ? principal.userId : request.ip;
    },
  });
  routes.post("/api/v1/nodes/join-tokens", {
    onRequest: deps.authentication.requireUser,
    preHandler: (request) => perUser.take(request),
    schema: {
      operationId: "createJoinToken",
      tags: [TAGS.nodes],
      summary: "Make a join token, to lend disks with",
      description: "Whoever joins a node with it lends in your name: you are the node's operator.",
      security: BY_ACCESS_TOKEN,
      body: JoinTokenBody,
      response: {
        201: JoinTokenSchema,
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED", "TOO_MANY_REQUESTS"),
      },
    },
    handler: async (request, reply) => {
      const { uses = 1, expires_in_s = DEFAULT_EXPIRY_S } = request.body;
      const { userId } = currentUser(request);
      const made = await deps.nodes.createJoinToken(userId, { uses, expiresInS: expires_in_s });
      return reply.code(201).send({
        join_token: made.token,
        expires_at: instantText(made.expiresAtMs),
        uses: made.uses,
        command: `commonhold node init --name NAME --coordinator-url ${deps.publicUrl().replace(/\/+$/, "")} --join-token ${made.token}`,
      });
    },
  });
}

function registerRegistration(routes: Http, deps: NodeRoutesDeps, options: NodeRoutesOptions): void {
  const perAddress = createAttemptLimit(routes, {
    max: options.registrationsPerAddressPerMinuteMax,
    windowMs: MINUTE_MS,
    what: "registrations of nodes from this address",
  });
  routes.post("/api/v1/nodes/register", {
    onRequest: (request) => perAddress.take(request),
    schema: {
      operationId: "registerNode",
      tags: [TAGS.nodes],
      summary: "Make a node a member",
      description: "The same peer id again, with another join token of its operator, gets a new API key.",
      body: RegisterNodeBody,
      response: {
        201: RegistrationSchema,
        ...errorAnswers(
          "INVALID_REQUEST",
          "UNAUTHENTICATED",
          "INVALID_JOIN_TOKEN",
          "FORBIDDEN",
          "NOT_A_MEMBER",
          "NODE_NAME_TAKEN",
          "TOO_MANY_REQUESTS",
        ),
      },
    },
    handler: async (request, reply) => {
      const { node, apiKey } = await deps.nodes.register(readRegistration(request.body));
      return reply.code(201).send({ node_id: node.id, api_key: apiKey, ...membershipView(deps, options) });
    },
  });
}

function registerHeartbeat(routes: Http, deps: NodeRoutesDeps, options: NodeRoutesOptions): void {
  routes.post("/api/v1/nodes/heartbeat", {
    onRequest: deps.authentication.requireNode,
    schema: {
      operationId: "nodeHeartbeat",
      tags: [TAGS.nodes],
      summary: "A node's sign of life",
      security: BY_NODE_KEY,
      body: HeartbeatBody,
      response: {
        200: HeartbeatAnswerSchema,
        ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "NOT_A_MEMBER", "NODE_NOT_FOUND"),
      },
    },
    handler: async (request) => {
      const node = await deps.nodes.heartbeat(currentNode(request).nodeId, readHeartbeat(request.body));
      await deps.losses.report(node.id, (request.body.lost ?? []) as ChunkName[]);
      if (request.body.wanted_free_bytes === 0) await deps.evictions.relieve(node.id);
      const drain = await drainView(deps, node);
      return {
        status: deps.directory.status(node),
        ...membershipView(deps, options),
        credits: nodeEarningsView(await deps.credits.nodeEarnings(node.id)),
        ...(drain === undefined ? {} : { drain }),
      };
    },
  });
}

async function drainView({ directory, drains }: NodeRoutesDeps, node: NodeRecord) {
  if (directory.status(node) === "drained") return { chunks_left: 0, bytes_left: 0, waiting: [], safe_to_stop: true };
  const progress = await drains.progressOf(node.id);
  if (progress === undefined) return undefined;
  const { chunksLeft, bytesLeft, isSafeToStop } = progress;
  const waiting = Array.from(progress.waiting, ([reason, chunks]) => ({ reason, chunks }));
  return { chunks_left: chunksLeft, bytes_left: bytesLeft, waiting, safe_to_stop: isSafeToStop };
}

function membershipView(deps: NodeRoutesDeps, options: NodeRoutesOptions) {
  const { peerId, addresses } = deps.coordinatorPeer();
  return {
    coordinator: { peer_id: peerId, addresses: [...addresses] },
    heartbeat_interval_ms: options.heartbeatIntervalMs,
    members: [...deps.directory.members()],
  };
}

function registerBans(routes: Http, deps: NodeRoutesDeps): void {
  const onRequest = deps.authentication.requireRole("admin");
  const schema = {
    tags: [TAGS.nodes],
    security: BY_ACCESS_TOKEN,
    params: NodeParams,
    response: { 200: NodeSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN", "NODE_NOT_FOUND") },
  };
  routes.post("/api/v1/nodes/:id/ban", {
    onRequest,
    schema: {
      ...schema,
      operationId: "banNode",
      summary: "Cut a node off (admins)",
      description: "Its API key ends to work, its connections are cut, and no peer deals with it.",
    },
    handler: async (request) => {
      const node = await deps.nodes.ban(request.params.id, deps.log.note(currentUser(request), "node.ban"));
      return nodeView(node, { status: deps.directory.status(node), by: currentUser(request) });
    },
  });
  routes.delete("/api/v1/nodes/:id/ban", {
    onRequest,
    schema: { ...schema, operationId: "unbanNode", summary: "Let a banned node in again (admins)" },
    handler: async (request) => {
      const node = await deps.nodes.unban(request.params.id, deps.log.note(currentUser(request), "node.unban"));
      return nodeView(node, { status: deps.directory.status(node), by: currentUser(request) });
    },
  });
}
