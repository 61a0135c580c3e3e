import { AppError, type ErrorDetails } from "@commonhold/core/app-error.ts";
import { type ErrorCode, isErrorCode } from "@commonhold/core/error-codes.ts";

/** What went wrong with one try, and whether another may help. */
export interface HttpFailure {
  readonly error: AppError;
  /** `if-idempotent`: the coordinator may have done it already. */
  readonly retry: "always" | "if-idempotent" | "never";
  readonly retryAfterMs?: number;
}

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Statuses with which the coordinator says that it has not begun. */
const NOT_BEGUN_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** For answers without a code that we know: a proxy's page, a newer coordinator. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_REQUEST",
  401: "UNAUTHENTICATED",
  402: "INSUFFICIENT_CREDITS",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  408: "REQUEST_TIMEOUT",
  413: "BODY_TOO_LARGE",
  416: "RANGE_NOT_SATISFIABLE",
  429: "TOO_MANY_REQUESTS",
  431: "HEADERS_TOO_LARGE",
  500: "INTERNAL",
  502: "COORDINATOR_UNREACHABLE",
  503: "OVERLOADED",
  504: "TIMEOUT",
  507: "NO_SPACE",
};

/** Reasons by Node's codes; a browser gives none. */
const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  ENOTFOUND: "no such host is known",
  EAI_AGAIN: "the host's name could not be looked up now",
  ETIMEDOUT: "it did not answer",
  UND_ERR_CONNECT_TIMEOUT: "it did not answer",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no network",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is self-signed",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS: try http:// in place of https://",
};

/** The connection was never made, so nothing was sent. */
const NEVER_SENT_CODES: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/**
 * Whether the same call may succeed a little later: the coordinator restarts, is overloaded, or the network is cut. Not
 * where people must do something first: add nodes, or bring those back that have the file.
 */
export function isTransient(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code === "PROTOCOL_ERROR" || awaitsPeople(error)) return false;
  return error.code === "REQUEST_TIMEOUT" || TRANSIENT_STATUSES.has(error.status);
}

function awaitsPeople({ code, details }: AppError): boolean {
  return code === "NOT_ENOUGH_NODES" || (code === "CHUNK_UNAVAILABLE" && details.lasting === true);
}

/** How long the coordinator asked to wait before the next try, where it did. */
export function retryAfterMsOf(error: AppError): number {
  const value = error.details.retry_after_ms;
  return typeof value === "number" ? value : 0;
}

/** From a `fetch` that rejected, or a body that ended early. */
export function failureOfNetwork(baseUrl: string, cause: unknown): HttpFailure {
  const code = networkCodeOf(cause);
  const reason = NETWORK_REASONS[code] ?? innermostMessage(cause);
  const error = new AppError(
    "COORDINATOR_UNREACHABLE",
    `cannot reach the coordinator at ${baseUrl}: ${reason}. Check that it is running and that the address is right`,
    { details: { url: baseUrl }, cause },
  );
  return { error, retry: NEVER_SENT_CODES.has(code) ? "always" : "if-idempotent" };
}

export function failureOfTimeout(baseUrl: string, what: string, timeoutMs: number): HttpFailure {
  const message = `the coordinator at ${baseUrl} did not answer ${what} within ${timeoutMs / 1000} s. Try again later`;
  return { error: new AppError("TIMEOUT", message, { details: { url: baseUrl } }), retry: "if-idempotent" };
}

export interface ErrorAnswer {
  readonly baseUrl: string;
  /** Method and path. */
  readonly what: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
  readonly nowMs: number;
}

/** From an answer whose status says that it failed. */
export function failureOfAnswer(answer: ErrorAnswer): HttpFailure {
  const retryAfterMs = parseRetryAfter(answer.retryAfter, answer.nowMs);
  const sent = readErrorBody(answer.body);
  const code = isErrorCode(sent?.code) ? sent.code : (CODE_BY_STATUS[answer.status] ?? "PROTOCOL_ERROR");
  const message =
    sent?.message ?? `${answer.baseUrl} answered ${answer.what} with ${answer.status} and no error that is understood`;
  const details = {
    ...sent?.details,
    ...(sent?.requestId === undefined ? {} : { request_id: sent.requestId }),
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
  };
  const error = new AppError(code, message, { details });
  return {
    error,
    retry: awaitsPeople(error) ? "never" : retryOfStatus(answer.status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function retryOfStatus(status: number): HttpFailure["retry"] {
  if (NOT_BEGUN_STATUSES.has(status)) return "always";
  return TRANSIENT_STATUSES.has(status) ? "if-idempotent" : "never";
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date. Undefined where it is neither. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const dateMs = / \d{2}:\d{2}:\d{2} GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

interface ErrorBody {
  readonly code: unknown;
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly requestId?: string;
}

function readErrorBody(body: string): ErrorBody | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const error = (parsed as { error?: unknown } | null)?.error as Record<string, unknown> | undefined;
  if (typeof error !== "object" || error === null || typeof error.message !== "string") return undefined;
  const { code, message, details, request_id: requestId } = error;
  return {
    code,
    message,
    ...(typeof details === "object" && details !== null ? { details: details as ErrorDetails } : {}),
    ...(typeof requestId === "string" ? { requestId } : {}),
  };
}

function networkCodeOf(error: unknown): string {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    const code = (current as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return "";
}

function innermostMessage(error: unknown): string {
  let message = String(error);
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    if (current.message !== "") message = current.message;
  }
  return message;
}
