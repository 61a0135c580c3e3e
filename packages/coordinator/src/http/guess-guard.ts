import type { ErrorCode } from "@commonhold/core/error-codes.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import { LRUCache } from "lru-cache";
import { createAttemptLimit, type LimitedRequest, networkOf } from "./attempt-limit.ts";
import type { Http } from "./http-server.ts";

/** A stranger who fails on purpose locks out his own address first, and others that are new to the secret later. */
const ANYWHERE_FACTOR = 10;
const KNOWN_MAX = 20_000;

export interface GuessGuardOptions {
  /** From one address, wrong ones; a right one costs nothing. From all addresses together, ten times as many. */
  readonly wrongMax: number;
  readonly windowMs: number;
  /** "failed logins for this account", for the message. */
  readonly what: string;
  /** Whose secret is asked for. */
  readonly subjectOf: (request: LimitedRequest) => string;
  /** What an attempt throws that was wrong. */
  readonly wrong: ErrorCode;
}

export interface GuessGuard {
  /**
   * Runs `attempt` unless too many were wrong before. Attempts at one secret run one after another, so that guesses made at
   * once count like guesses made in turn. Where one was right before, wrong ones elsewhere do not count: nobody can keep
   * those out who know the secret.
   * @throws AppError TOO_MANY_REQUESTS, and what `attempt` and `subjectOf` throw
   */
  run<T>(request: LimitedRequest, attempt: () => Promise<T>): Promise<T>;
}

export function createGuessGuard(app: Http, options: GuessGuardOptions): GuessGuard {
  const { wrongMax, windowMs, what, subjectOf, wrong } = options;
  const originOf = (request: LimitedRequest): string => `${subjectOf(request)} ${networkOf(request)}`;
  const here = createAttemptLimit(app, { max: wrongMax, windowMs, what, key: originOf });
  const anywhere = createAttemptLimit(app, {
    max: wrongMax * ANYWHERE_FACTOR,
    windowMs,
    what: `${what} from everywhere`,
    key: subjectOf,
  });
  const known = new LRUCache<string, true>({ max: KNOWN_MAX });
  const inTurn = createTurns();

  return {
    run: (request, attempt) =>
      inTurn(subjectOf(request), async () => {
        const origin = originOf(request);
        const limits = known.has(origin) ? [here] : [here, anywhere];
        for (const limit of limits) await limit.check(request);
        try {
          const outcome = await attempt();
          known.set(origin, true);
          return outcome;
        } catch (error) {
          if (hasCode(error, wrong)) await Promise.all(limits.map((limit) => limit.take(request)));
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
