import { AppError } from "@commonhold/core/app-error.ts";
import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import type { Http } from "./http-server.ts";

/** More callers than this at once, and the least recent are forgotten. */
const KEYS_MAX = 20_000;

/** Fastify's request, of whatever route. */
export type LimitedRequest = Pick<FastifyRequest, "ip" | "body" | "raw">;

/** Whose attempts are counted together: a network address, of IPv6 the /64 that one subscriber has. */
export function networkOf(request: LimitedRequest): string {
  return normalizeIP(request.ip);
}

export interface AttemptLimit {
  /** Counts an attempt. @throws AppError TOO_MANY_REQUESTS when it is one too many */
  take(request: LimitedRequest): Promise<void>;
  /** Counts nothing. @throws AppError TOO_MANY_REQUESTS when the next attempt would be one too many */
  check(request: LimitedRequest): Promise<void>;
}

export interface AttemptLimitOptions {
  readonly max: number;
  readonly windowMs: number;
  /** "logins from this address", for the message. */
  readonly what: string;
  /** Whose attempts are counted together: by custom `networkOf`. */
  readonly key?: (request: LimitedRequest) => string;
}

/** At most `max` attempts in a window that begins with the first of them. */
export function createAttemptLimit(app: Http, options: AttemptLimitOptions): AttemptLimit {
  const settings = {
    max: options.max,
    timeWindow: options.windowMs,
    cache: KEYS_MAX,
    ...(options.key === undefined ? {} : { keyGenerator: options.key }),
  };
  const limiter = app.createRateLimit(settings);

  async function hold(request: LimitedRequest, increment: boolean): Promise<void> {
    const state = await limiter(request as FastifyRequest, { increment });
    if (state.isAllowed || !(increment ? state.isExceeded : state.remaining === 0)) return;
    const retryAfterS = Math.max(1, state.ttlInSeconds);
    throw new AppError("TOO_MANY_REQUESTS", `too many ${options.what}: try again in ${retryAfterS} s`, {
      details: { retry_after_s: retryAfterS },
    });
  }

  return { take: (request) => hold(request, true), check: (request) => hold(request, false) };
}
