import type { LimitedRequest } from "../http/attempt-limit.ts";
import { createGuessGuard, type GuessGuard } from "../http/guess-guard.ts";
import type { Http } from "../http/http-server.ts";
import { normaliseEmail } from "./email-address.ts";

export interface LoginGuardOptions {
  /** From one address, failed ones; a right password costs nothing. From all addresses together, ten times as many. */
  readonly failedLoginsPerAccountMax: number;
  readonly failedLoginsWindowMs: number;
}

/** Holds back who guesses at passwords; INVALID_REQUEST for what is no e-mail address. */
export function createLoginGuard(app: Http, options: LoginGuardOptions): GuessGuard {
  return createGuessGuard(app, {
    wrongMax: options.failedLoginsPerAccountMax,
    windowMs: options.failedLoginsWindowMs,
    what: "failed logins for this account",
    subjectOf: emailOf,
    wrong: "INVALID_CREDENTIALS",
  });
}

function emailOf(request: LimitedRequest): string {
  return normaliseEmail((request.body as { readonly email: string }).email);
}
