import type { IncomingMessage, Server, ServerResponse } from "node:http";
import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import {
  fastify,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Registry } from "prom-client";
import { answerUnparsable, registerClosingRefusal, registerConnectionLimits } from "./connection-limits.ts";
import { registerCrossSiteCheck } from "./cross-site-check.ts";
import { BAD_ESCAPE, errorBody, errorHeaders, toAppError } from "./error-response.ts";
import { limitConnectionsPerAddress } from "./connections-per-address.ts";
import { registerHostCheck } from "./host-check.ts";
import { registerHttpMetrics } from "./http-metrics.ts";
import { registerOpenApi } from "./openapi.ts";
import { pageHandlerFor } from "./pages.ts";
import { buildLateSerializers } from "./late-serializers.ts";
import { withoutLinkToken } from "./logged-path.ts";
import { createRequestIds } from "./request-id.ts";
import { pathOf, registerRequestLog } from "./request-log.ts";
import { registerRequestsInTurn } from "./requests-in-turn.ts";
import { RouteTable } from "./route-table.ts";
import { compileValidator } from "./schema-validation.ts";
import { registerSecurityHeaders, SECURITY_HEADERS } from "./security-headers.ts";

/** The application that routes are registered on. */
export type Http = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

export interface HttpDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Where requests are counted. */
  readonly registry: Registry;
}

export interface HttpOptions {
  /** Shown in the API's document. */
  readonly version: string;
  /** Whether X-Forwarded-For and -Proto of proxies on this machine and on private networks are believed. */
  readonly trustProxy: boolean;
  readonly connectionsMax: number;
  /** From one IPv4 address, or one IPv6 /64. */
  readonly connectionsPerAddressMax: number;
  /** Names besides localhost that requests from this machine may call us by. */
  readonly hostNames: readonly string[];
  readonly headersBytesMax: number;
  /** From the first to the last byte of a request's headers. */
  readonly headersTimeoutMs: number;
  /** A connection is closed when no byte moves for so long; there is no limit on a request's total time. */
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/** A file name in an address: 255 bytes, each percent-encoded, with room. */
const PARAM_LENGTH_MAX = 4096;
/** The other 5xx are the network's state, not a fault of this process or its disk. */
const OUR_FAULT: ReadonlySet<number> = new Set([500, 507]);
const CONNECTIONS_CHECK_MS = 1000;
const PRIVATE_NETWORKS = ["loopback", "linklocal", "uniquelocal"];

/**
 * The HTTP server with all that routes share. Routes are added by `registerJsonRoutes` and `registerRawRoutes`, then
 * `listen` or `inject` starts it; `closeHttp` ends it.
 */
export async function createHttpServer(deps: HttpDeps, options: HttpOptions): Promise<Http> {
  const loggerInstance: FastifyBaseLogger = deps.logger;
  const app: Http = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: createRequestIds(deps),
    requestIdHeader: false,
    trustProxy: options.trustProxy ? PRIVATE_NETWORKS : false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    connectionTimeout: options.idleTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildSerializer: buildLateSerializers } },
    http: {
      maxHeaderSize: options.headersBytesMax,
      headersTimeout: options.headersTimeoutMs,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    },
    clientErrorHandler: answerUnparsable,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      void answerError(error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = options.connectionsMax;
  limitConnectionsPerAddress(app, options);
  app.removeAllContentTypeParsers();
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler(answerError);
  registerRequestsInTurn(app);
  registerSecurityHeaders(app);
  registerRequestIdEcho(app);
  registerAddressCheck(app);
  registerContentTypeRepair(app);
  registerConnectionLimits(app);
  registerHttpMetrics(app, deps.registry);
  registerRequestLog(app);
  registerHostCheck(app, options);
  registerCrossSiteCheck(app);
  registerClosingRefusal(app);
  registerUnknownAddresses(app);
  await app.register(rateLimit, { global: false });
  await registerOpenApi(app, options);
  return app;
}

function registerRequestIdEcho(app: Http): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
}

/** Fastify checks the path alone, and would take a query's broken escape as the text that it is written with. */
function registerAddressCheck(app: Http): void {
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    const address = raw.url ?? "";
    if (address.includes("#")) throw new AppError("INVALID_REQUEST", "the address has a bare #: write it as %23");
    try {
      decodeURIComponent(address);
    } catch (cause) {
      throw new AppError("INVALID_REQUEST", BAD_ESCAPE, { cause });
    }
    done();
  });
}

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;.*)?$/;

/** A Content-Type that names no type is as good as none; Fastify would refuse the request for it. */
function registerContentTypeRepair(app: Http): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const contentType = request.raw.headers["content-type"];
    if (contentType !== undefined && !MEDIA_TYPE.test(contentType)) delete request.raw.headers["content-type"];
    done();
  });
}

function registerUnknownAddresses(app: Http): void {
  const table = new RouteTable();
  app.addHook("onRoute", (route) => {
    table.add(route.url, [route.method].flat());
  });
  app.setNotFoundHandler((request, reply) => {
    const asked = pathOf(request.raw.url);
    const path = withoutLinkToken(asked);
    const methods = table.methodsOf(asked);
    if (methods.length === 0) {
      const page = pageHandlerFor(request);
      if (page !== undefined) return page(request, reply);
      throw new AppError("NOT_FOUND", `there is nothing at ${path}: /docs lists every call`, { details: { path } });
    }
    reply.header("allow", methods.join(", "));
    throw new AppError("METHOD_NOT_ALLOWED", `${path} does not take ${request.method}: use ${methods.join(", ")}`, {
      details: { method: request.method, allowed: methods },
    });
  });
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toAppError(thrown);
  if (OUR_FAULT.has(error.status)) request.log.error({ err: error, code: error.code }, "Request failed");
  else if (error.status >= 500) request.log.warn({ err: error, code: error.code }, "Request failed");
  else request.log.debug({ err: error, code: error.code }, "Request refused");
  // Fastify closes the connection after an unreadable body; ours stays usable, see registerConnectionLimits.
  reply.removeHeader("connection");
  return (
    reply
      .code(error.status)
      .headers(errorHeaders(error))
      .type("application/json; charset=utf-8")
      // A route's own schema for this status may describe another body.
      .serializer(JSON.stringify)
      .send(errorBody(error, request.id))
  );
}
