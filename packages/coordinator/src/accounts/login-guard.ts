import { hasCode } from "@commonhold/core/app-error.ts";
import { LRUCache } from "lru-cache";
import { createAttemptLimit, type LimitedRequest, networkOf } from "../http/attempt-limit.ts";
import type { Http } from "../http/http-server.ts";
import { normaliseEmail } from "./email-address.ts";

/** A stranger who fails on purpose locks out his own address first, and others that are new to the account later. */
const ANYWHERE_FACTOR = 10;
const KNOWN_MAX = 20_000;

export interface LoginGuardOptions {
  /** From one address, failed ones; a right password costs nothing. From all addresses together, ten times as many. */
  readonly failedLoginsPerAccountMax: number;
  readonly failedLoginsWindowMs: number;
}

export interface LoginGuard {
  /**
   * Runs `login` unless too many failed before. Logins of one account run one after another, so that guesses made at
   * once count like guesses made in turn. Where a login succeeded before, failures elsewhere do not count: nobody can
   * keep an account's owner out.
   * @throws AppError TOO_MANY_REQUESTS, INVALID_REQUEST for what is no address, and what `login` throws
   */
  run<T>(request: LimitedRequest, login: () => Promise<T>): Promise<T>;
}

export function createLoginGuard(app: Http, options: LoginGuardOptions): LoginGuard {
  const here = createAttemptLimit(app, {
    max: options.failedLoginsPerAccountMax,
    windowMs: options.failedLoginsWindowMs,
    what: "failed logins for this account",
    key: originOf,
  });
  const anywhere = createAttemptLimit(app, {
    max: options.failedLoginsPerAccountMax * ANYWHERE_FACTOR,
    windowMs: options.failedLoginsWindowMs,
    what: "failed logins for this account from everywhere",
    key: emailOf,
  });
  const known = new LRUCache<string, true>({ max: KNOWN_MAX });
  const inTurn = createTurns();

  return {
    run: (request, login) =>
      inTurn(emailOf(request), async () => {
        const origin = originOf(request);
        const limits = known.has(origin) ? [here] : [here, anywhere];
        for (const limit of limits) await limit.check(request);
        try {
          const session = await login();
          known.set(origin, true);
          return session;
        } catch (error) {
          if (hasCode(error, "INVALID_CREDENTIALS")) await Promise.all(limits.map((limit) => limit.take(request)));
          throw error;
        }
      }),
  };
}

/** Runs tasks of one key one after another; connections bound how many wait. */
function createTurns(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(task, task);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}

function originOf(request: LimitedRequest): string {
  return `${emailOf(request)} ${networkOf(request)}`;
}

function emailOf(request: LimitedRequest): string {
  return normaliseEmail((request.body as { readonly email: string }).email);
}
