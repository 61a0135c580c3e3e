import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type AccessTokenSource, createAccessTokenSource } from "./access-token-source.ts";
import { count, object, type Reader, text } from "./answer.ts";
import { BACKOFF_LIMITS, type BackoffLimits, backoffDelayMs, sleep } from "./backoff.ts";
import { normaliseBaseUrl } from "./base-url.ts";
import type { Credentials, CredentialStore } from "./credentials.ts";
import { type Attempt, createHttpAttempt, type HttpRequest, readText } from "./http-attempt.ts";

const TRIES_MAX = 3;
/** Asked to wait longer than this, a call fails and says so, rather than to sit there silently. */
const RETRY_AFTER_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Calls to one coordinator. Every failure is an AppError; an aborted call rejects with the signal's reason. */
export interface HttpTransport {
  readonly baseUrl: string;
  readonly tokens: AccessTokenSource;
  readonly backoff: BackoffLimits;
  /** Sends a request and reads its JSON answer. */
  call<T>(request: HttpRequest, reader: Reader<T>): Promise<T>;
  /** Sends a request; its body is the caller's to read. The time limit holds until the headers are there. */
  open(request: HttpRequest): Promise<Response>;
}

const tokenPair = object({ access_token: text, refresh_token: text, expires_in: count });

/**
 * HTTP with what a client of a coordinator needs around it: the access token and its renewal, time limits, at most
 * three tries with backoff for what may be repeated, and errors as AppErrors.
 */
export function createHttpTransport(
  deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly credentials: CredentialStore;
    readonly fetch?: typeof fetch;
    /** In place of the refresh token in a body: a page has it in a cookie. `send` is a call without access token. */
    readonly exchange?: (send: HttpTransport["call"]) => Promise<Credentials>;
  },
  options: { readonly baseUrl: string; readonly backoff?: BackoffLimits; readonly timeoutMs?: number },
): HttpTransport {
  const baseUrl = normaliseBaseUrl(options.baseUrl);
  const backoff = options.backoff ?? BACKOFF_LIMITS;
  const attempt = createHttpAttempt(deps, { ...options, baseUrl });

  async function exchange(refreshToken: string): Promise<Credentials> {
    if (deps.exchange !== undefined) return deps.exchange(call);
    const path = "/api/v1/auth/refresh";
    const pair = await call({ method: "POST", path, body: { refresh_token: refreshToken }, auth: "none" }, tokenPair);
    return { accessToken: pair.access_token, refreshToken: pair.refresh_token };
  }

  const tokens = createAccessTokenSource({ store: deps.credentials, exchange }, { baseUrl });

  /** One try, and one more with a new access token where the old one has expired. */
  async function attemptAuthorised<T>(
    request: HttpRequest,
    consume: (response: Response) => Promise<T>,
  ): Promise<Attempt<T>> {
    if (request.auth === "none") return attempt(request, undefined, consume);
    const token = await tokens.current();
    const first = await attempt(request, token, consume);
    if (!("failure" in first) || first.failure.error.code !== "TOKEN_EXPIRED") return first;
    return attempt(request, await tokens.renew(token), consume);
  }

  async function send<T>(request: HttpRequest, consume: (response: Response) => Promise<T>): Promise<T> {
    const idempotent = request.idempotent ?? request.method !== "POST";
    const triesMax = request.triesMax ?? TRIES_MAX;
    for (let tries = 1; ; tries++) {
      request.signal?.throwIfAborted();
      const outcome = await attemptAuthorised(request, consume);
      if ("value" in outcome) return outcome.value;
      const { error, retry, retryAfterMs = 0 } = outcome.failure;
      const mayRetry = retry === "always" || (retry === "if-idempotent" && idempotent);
      if (!mayRetry || tries >= triesMax || retryAfterMs > RETRY_AFTER_MS_MAX) throw error;
      await sleep(Math.max(retryAfterMs, backoffDelayMs(tries, backoff, deps.random)), request.signal);
    }
  }

  async function call<T>(request: HttpRequest, reader: Reader<T>): Promise<T> {
    const body = await send(request, (response) => readText(response, ANSWER_BYTES_MAX));
    return readAnswer(body, reader, `the answer of ${baseUrl} to ${request.method} ${request.path}`);
  }

  return { baseUrl, tokens, backoff, call, open: (request) => send(request, async (response) => response) };
}

function readAnswer<T>(body: string, reader: Reader<T>, what: string): T {
  let value: unknown;
  try {
    value = body === "" ? undefined : JSON.parse(body);
  } catch (cause) {
    throw new AppError("PROTOCOL_ERROR", `${what} is not JSON: is this the address of a coordinator?`, { cause });
  }
  try {
    return reader(value, "body");
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError("PROTOCOL_ERROR", `${what} is not understood: ${cause.message}`, { cause });
  }
}
