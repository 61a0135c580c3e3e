import { AppError } from "@commonhold/core/app-error.ts";
import { type ChunkName, isChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { assertLocalCaller } from "./local-caller.ts";
import type { NodeStatus } from "./node-status.ts";

const CHUNKS_LIMIT_DEFAULT = 100;
const CHUNKS_LIMIT_MAX = 1000;
const BODY_BYTES_MAX = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 64;

export interface AdminServerDeps {
  readonly version: string;
  readonly uptimeS: () => number;
  readonly status: () => Promise<NodeStatus>;
  readonly listChunks: ChunkStore["listHeld"];
  /** Resolves once the state is kept and the coordinator was told, or could not be. */
  readonly setDraining: (draining: boolean) => Promise<void>;
  readonly startScrub: () => void;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly logger: Logger;
}

/**
 * The node's admin API, for people and programs on this machine: it has no login, so it listens on the loopback
 * address and refuses whatever a web page could send.
 */
export function createAdminServer(deps: AdminServerDeps): FastifyInstance {
  const answerError = errorAnswers(deps.logger);
  const server = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  // No call has a body: one that is sent all the same is read and dropped, whatever it says it is.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, _body, done) => done(null, undefined));
  server.addHook("onRequest", async (request) => assertLocalCaller(request.headers));
  server.setErrorHandler<FastifyError>(answerError);
  server.setNotFoundHandler((request) => {
    throw new AppError("NOT_FOUND", `There is no ${request.method} ${request.url}`);
  });
  addReadRoutes(server, deps);
  addActionRoutes(server, deps);
  return server;
}

function addReadRoutes(server: FastifyInstance, deps: AdminServerDeps): void {
  server.get("/health", async () => ({ status: "ok", version: deps.version, uptime_s: deps.uptimeS() }));
  server.get("/status", () => deps.status());
  server.get("/metrics", async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.text()),
  );
  server.get<{ Querystring: { limit: number; cursor?: string } }>(
    "/chunks",
    {
      schema: {
        querystring: Type.Object({
          limit: Type.Integer({ minimum: 1, maximum: CHUNKS_LIMIT_MAX, default: CHUNKS_LIMIT_DEFAULT }),
          cursor: Type.Optional(Type.String()),
        }),
      },
    },
    async ({ query }) => chunksAnswer(deps.listChunks({ after: parseCursor(query.cursor), limit: query.limit })),
  );
}

function addActionRoutes(server: FastifyInstance, deps: AdminServerDeps): void {
  server.post("/drain", async () => {
    await deps.setDraining(true);
    return await deps.status();
  });
  server.delete("/drain", async () => {
    await deps.setDraining(false);
    return await deps.status();
  });
  server.post("/scrub", async (_request, reply) => {
    deps.startScrub();
    const { scrub } = await deps.status();
    return await reply.code(202).send(scrub);
  });
}

function chunksAnswer({ items, more }: ReturnType<ChunkStore["listHeld"]>) {
  return {
    items: items.map((chunk) => ({
      name: chunk.name,
      length: chunk.length,
      state: chunk.damaged ? "damaged" : "whole",
      stored_at: new Date(chunk.storedAtMs).toISOString(),
      last_read_at: chunk.lastReadAtMs === undefined ? null : new Date(chunk.lastReadAtMs).toISOString(),
    })),
    next_cursor: more ? (items.at(-1)?.name ?? null) : null,
  };
}

function parseCursor(cursor: string | undefined): ChunkName | undefined {
  if (cursor === undefined || isChunkName(cursor)) return cursor;
  throw new AppError("INVALID_CURSOR", `"${cursor}" is no cursor: give the next_cursor of the page before`);
}

/** Answers errors in the one form that all of Commonhold has. */
function errorAnswers(logger: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const known = toAppError(error);
    if (known.status >= 500) {
      logger.error({ err: error, method: request.method, url: request.url }, "admin call failed");
    }
    void reply.code(known.status).send({ error: { ...known.toRecord(), request_id: request.id } });
  };
}

function toAppError(error: FastifyError): AppError {
  if (error instanceof AppError) return error;
  const status = error.statusCode ?? 500;
  if (status === 413) return new AppError("BODY_TOO_LARGE", "No call of this API takes such a body; send none");
  if (status >= 400 && status < 500) return new AppError("INVALID_REQUEST", error.message, { cause: error });
  return new AppError("INTERNAL", "The node met an error that it did not expect; its log says which", { cause: error });
}
