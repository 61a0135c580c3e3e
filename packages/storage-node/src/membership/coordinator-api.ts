import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { EvictionStrategy } from "@commonhold/core/repair/eviction-order.ts";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { ApiKeySchema, CoordinatorContactSchema } from "./credentials.ts";

/** A list of 100,000 members fits. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const MEMBERS_MAX = 100_000;

/** So many names fit into a body that the coordinator takes (64 KiB), beside all else that a report says. */
export const LOST_NAMES_MAX = 400;
export const EVICTION_CANDIDATES_MAX = 500;

const MembersSchema = Type.Array(Type.String({ maxLength: 128 }), { maxItems: MEMBERS_MAX });
const CountSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const IntervalSchema = Type.Integer({ minimum: 100, maximum: 3_600_000 });

const RegistrationSchema = Type.Object({
  node_id: Type.String(),
  api_key: ApiKeySchema,
  coordinator: CoordinatorContactSchema,
  heartbeat_interval_ms: IntervalSchema,
  members: MembersSchema,
});

const HeartbeatAnswerSchema = Type.Object({
  /** The node's state as the coordinator sees it: joining, active, suspect, offline, draining, drained, banned. */
  status: Type.String({ maxLength: 32 }),
  heartbeat_interval_ms: IntervalSchema,
  coordinator: CoordinatorContactSchema,
  /** Peer ids of every member that is not banned. */
  members: MembersSchema,
  /** Credits as decimal text. */
  credits: Type.Object({
    earned: Type.String({ maxLength: 64 }),
    pending: Type.String({ maxLength: 64 }),
    paid: Type.String({ maxLength: 64 }),
  }),
  /** While the node is being emptied: what it holds that others do not hold in its place yet. */
  drain: Type.Optional(
    Type.Object({
      chunks_left: CountSchema,
      bytes_left: CountSchema,
      /** How many of them cannot be copied now, and why. */
      waiting: Type.Optional(
        Type.Array(Type.Object({ reason: Type.String({ maxLength: 64 }), chunks: CountSchema }), { maxItems: 16 }),
      ),
      safe_to_stop: Type.Boolean(),
    }),
  ),
});

const EvictionAnswerSchema = Type.Object({
  /** Of the candidates: those that the node shall delete now. */
  release: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), { maxItems: EVICTION_CANDIDATES_MAX }),
  /** Fences their deletion: what was stored under this one or a later one stays. */
  epoch: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** Sealed bytes that are being copied to other nodes first, all together. */
  leaving_bytes: Type.Optional(CountSchema),
});

const ErrorBodySchema = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String({ maxLength: 10_000 }) }),
});

export type Registration = Static<typeof RegistrationSchema>;
export type HeartbeatAnswer = Static<typeof HeartbeatAnswerSchema>;
export type EvictionAnswer = Static<typeof EvictionAnswerSchema>;

/** What a node tells of itself. */
export interface NodeReport {
  readonly addresses: readonly string[];
  readonly capacity_bytes: number;
  readonly used_bytes: number;
  readonly free_bytes: number;
  readonly version: string;
}

export interface RegistrationRequest extends NodeReport {
  readonly join_token: string;
  readonly name: string;
  readonly peer_id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timestamp_ms: number;
  /** Base64, by the node's key. */
  readonly signature: string;
}

export interface HeartbeatReport extends NodeReport {
  readonly chunk_count: number;
  readonly draining: boolean;
  /** What still fits of the chunks of the node's own operator; `free_bytes` is what fits of others'. */
  readonly free_bytes_own: number;
  /** What has to go, as more is held than the node may hold; else 0. */
  readonly wanted_free_bytes: number;
  /** Chunks that were held and are missing or damaged: at most `LOST_NAMES_MAX`. */
  readonly lost?: readonly ChunkName[];
}

/** A node's wish to hold less. */
export interface EvictionRequest {
  readonly wanted_bytes: number;
  /** What it would give up, most readily first; at most `EVICTION_CANDIDATES_MAX`. */
  readonly candidates: readonly ChunkName[];
  /** The order that the operator asked for; the coordinator knows what the node does not: priorities and other copies. */
  readonly strategy: EvictionStrategy;
}

/** Failures of a connection that was never made: nothing was sent. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Whether a call that failed with this error certainly changed nothing at the coordinator: it was refused, or never
 * arrived. False where the answer may have been lost.
 */
export function isCertainlyUndone(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  if (error.code !== "COORDINATOR_UNREACHABLE") return error.status < 500;
  const { http_status: httpStatus } = error.details;
  return typeof httpStatus === "number" ? httpStatus >= 300 && httpStatus < 500 : wasNeverConnected(error.cause);
}

/** `fetch` gives its own error, with that of the connection as its cause. */
function wasNeverConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && NEVER_CONNECTED.has(error.code)) || wasNeverConnected(error.cause);
}

/** The calls of the coordinator's HTTP API that a node makes. */
export interface CoordinatorApi {
  /** @throws AppError COORDINATOR_UNREACHABLE, or the coordinator's refusal by its own code */
  register(request: RegistrationRequest, signal: AbortSignal): Promise<Registration>;
  /** @throws AppError COORDINATOR_UNREACHABLE, UNAUTHENTICATED (the API key is refused), or another refusal */
  heartbeat(apiKey: string, report: HeartbeatReport, signal: AbortSignal): Promise<HeartbeatAnswer>;
  /** Asks what may go. @throws AppError as `heartbeat` does; NOT_FOUND where the coordinator does not know the call yet */
  requestEvictions(apiKey: string, request: EvictionRequest, signal: AbortSignal): Promise<EvictionAnswer>;
}

export interface CoordinatorApiOptions {
  readonly url: string;
  /** For one call, from its beginning to the last byte of the answer. */
  readonly timeoutMs: number;
}

export function createCoordinatorApi(
  deps: { readonly fetch: typeof globalThis.fetch },
  options: CoordinatorApiOptions,
): CoordinatorApi {
  const post = (call: Call) => postJson(deps, options, call);
  return {
    register: async (request, signal) =>
      checkAnswer(
        RegistrationSchema,
        await post({ path: "api/v1/nodes/register", body: request, headers: {}, signal }),
        options.url,
      ),
    heartbeat: async (apiKey, report, signal) =>
      checkAnswer(
        HeartbeatAnswerSchema,
        await post({ path: "api/v1/nodes/heartbeat", body: report, headers: { "x-api-key": apiKey }, signal }),
        options.url,
      ),
    requestEvictions: async (apiKey, request, signal) =>
      checkAnswer(
        EvictionAnswerSchema,
        await post({ path: "api/v1/nodes/evictions", body: request, headers: { "x-api-key": apiKey }, signal }),
        options.url,
      ),
  };
}

interface Call {
  readonly path: string;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function postJson(
  { fetch }: { readonly fetch: typeof globalThis.fetch },
  { url, timeoutMs }: CoordinatorApiOptions,
  call: Call,
): Promise<unknown> {
  const target = new URL(call.path, url.endsWith("/") ? url : `${url}/`);
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...call.headers },
      body: JSON.stringify(call.body),
      // The API key goes to the configured address and to no other.
      redirect: "manual",
      signal,
    });
    text = await readText(response);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const how = call.signal.aborted ? "the call was given up" : signal.aborted ? `no answer in ${timeoutMs} ms` : "";
    throw unreachable(url, how === "" ? "no connection" : how, { cause: error });
  }
  if (!response.ok) throw refusal(url, response, text);
  return parseJson(text);
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) {
      throw new AppError("PROTOCOL_ERROR", `The coordinator's answer exceeds ${ANSWER_BYTES_MAX} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function refusal(url: string, response: Response, text: string): AppError {
  const location = response.headers.get("location");
  const httpStatus = response.status;
  if (location !== null) {
    const reason = `it redirects to ${location}; set node.coordinator_url to the address that answers`;
    return unreachable(url, reason, { httpStatus });
  }
  const body = parseJson(text);
  if (Value.Check(ErrorBodySchema, body)) return AppError.fromRecord(body.error);
  return unreachable(url, `it answers ${httpStatus} ${response.statusText}`.trimEnd(), { httpStatus });
}

function unreachable(
  url: string,
  reason: string,
  { httpStatus, cause }: { readonly httpStatus?: number; readonly cause?: unknown },
): AppError {
  return new AppError("COORDINATOR_UNREACHABLE", `The coordinator at ${url} cannot be reached: ${reason}`, {
    details: { url, ...(httpStatus !== undefined && { http_status: httpStatus }) },
    cause,
  });
}

function checkAnswer<S extends TSchema>(schema: S, answer: unknown, url: string): Static<S> {
  if (Value.Check(schema, answer)) return answer;
  const [first] = Value.Errors(schema, answer);
  throw new AppError(
    "PROTOCOL_ERROR",
    `The coordinator at ${url} answers in a way that this node does not understand ` +
      `(${first?.instancePath || "the answer"} ${first?.message ?? "is wrong"}); is one of them outdated?`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
