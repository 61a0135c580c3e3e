import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { failureOfAnswer, failureOfNetwork, failureOfTimeout, type HttpFailure } from "./http-error.ts";

const TIMEOUT_MS = 30_000;
const ERROR_BYTES_MAX = 64 * 1024;

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the coordinator's root, with its leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly bytes?: Uint8Array<ArrayBuffer> | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  /** `none` sends no access token. */
  readonly auth?: "bearer" | "none";
  /** Whether it may be sent twice; by default everything but POST. */
  readonly idempotent?: boolean;
  /** Failing statuses that are answers all the same. */
  readonly accept?: readonly number[];
  readonly triesMax?: number;
  /** For one try. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Attempt<T> = { readonly value: T } | { readonly failure: HttpFailure };

/** Sends a request once, with this token, and reads what `consume` reads, within the time limit. */
export type HttpAttempt = <T>(
  request: HttpRequest,
  token: string | undefined,
  consume: (response: Response) => Promise<T>,
) => Promise<Attempt<T>>;

export function createHttpAttempt(
  deps: { readonly clock: Clock; readonly fetch?: typeof fetch },
  options: { readonly baseUrl: string; readonly timeoutMs?: number },
): HttpAttempt {
  const { baseUrl } = options;
  // Looked up at each call: a browser's fetch refuses to be called as another object's method.
  const fetchNow: typeof fetch = deps.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async (request, token, consume) => {
    const what = `${request.method} ${request.path}`;
    const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    const signal = request.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, request.signal]);
    try {
      const response = await fetchNow(urlOf(baseUrl, request), requestInit(request, token, signal));
      if (isRedirect(response)) return { failure: failureOfRedirect(baseUrl, what, response) };
      if (response.ok || request.accept?.includes(response.status) === true) return { value: await consume(response) };
      const body = await readText(response, ERROR_BYTES_MAX);
      const retryAfter = response.headers.get("retry-after");
      const { status } = response;
      return { failure: failureOfAnswer({ baseUrl, what, status, body, retryAfter, nowMs: deps.clock.nowMs() }) };
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof AppError) throw error;
      const timedOut = limit.signal.aborted;
      return { failure: timedOut ? failureOfTimeout(baseUrl, what, timeoutMs) : failureOfNetwork(baseUrl, error) };
    } finally {
      clearTimeout(timer);
    }
  };
}

function urlOf(baseUrl: string, request: HttpRequest): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(key, String(value));
  }
  return query.size === 0 ? `${baseUrl}${request.path}` : `${baseUrl}${request.path}?${query}`;
}

function requestInit(request: HttpRequest, token: string | undefined, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { accept: "application/json", ...request.headers };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const init: RequestInit = { method: request.method, headers, signal, redirect: "manual", cache: "no-store" };
  if (request.bytes !== undefined) {
    headers["content-type"] ??= "application/octet-stream";
    init.body = request.bytes;
  } else if (request.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(request.body);
  }
  return init;
}

/** A browser hides a redirect that it does not follow behind the type `opaqueredirect`. */
function isRedirect(response: Response): boolean {
  return response.type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(response.status);
}

function failureOfRedirect(baseUrl: string, what: string, response: Response): HttpFailure {
  const target = response.headers.get("location") ?? "another address";
  const message = `${baseUrl} answered ${what} with a redirect to ${target}: give the coordinator's own address`;
  return { error: new AppError("PROTOCOL_ERROR", message), retry: "never" };
}

/** The whole body as text; more than `bytesMax` is refused. */
export async function readText(response: Response, bytesMax: number): Promise<string> {
  if (response.body === null) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let bytes = 0;
  let body = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body + decoder.decode();
    bytes += value.length;
    if (bytes > bytesMax) {
      await reader.cancel();
      throw new AppError("PROTOCOL_ERROR", `${response.url} answered with more than ${bytesMax} bytes`);
    }
    body += decoder.decode(value, { stream: true });
  }
}

/** For spreading into a request. */
export function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
