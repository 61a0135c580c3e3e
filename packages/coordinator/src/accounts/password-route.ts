import type { Authentication } from "../http/authentication.ts";
import { createGuessGuard } from "../http/guess-guard.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, TAGS } from "../http/route-schema.ts";
import { EndedSchema, PasswordBody, SessionHeaders } from "./account-schemas.ts";
import type { AccountService } from "./account-service.ts";
import type { LoginGuardOptions } from "./login-guard.ts";
import { isCookieSession, sessionCookieOf } from "./session-cookie.ts";

export interface PasswordRouteDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly accounts: Pick<AccountService, "changePassword">;
}

/** Another password for oneself. Whoever has only an access token may not guess at the current one without end. */
export function registerPasswordRoute(
  routes: Http,
  { authentication, accounts }: PasswordRouteDeps,
  options: LoginGuardOptions,
): void {
  const guard = createGuessGuard(routes, {
    wrongMax: options.failedLoginsPerAccountMax,
    windowMs: options.failedLoginsWindowMs,
    what: "wrong current passwords",
    subjectOf: (request) => currentUser(request).userId,
    wrong: "INVALID_CREDENTIALS",
  });
  routes.put("/api/v1/auth/password", {
    onRequest: authentication.requireUser,
    schema: {
      operationId: "changePassword",
      tags: [TAGS.accounts],
      summary: "Change your password",
      description:
        "Ends all of your logins but this one. Access tokens that are out stay good until they expire; nodes and links go on.",
      security: BY_ACCESS_TOKEN,
      headers: SessionHeaders,
      body: PasswordBody,
      response: {
        200: EndedSchema,
        ...errorAnswers(
          ...(["INVALID_REQUEST", "INVALID_CREDENTIALS", "UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"] as const),
          ...(["CONCURRENT_CHANGE", "TOO_MANY_REQUESTS", "OVERLOADED"] as const),
        ),
      },
    },
    handler: async (request) => {
      const { current_password: current, new_password: next, refresh_token: shown } = request.body;
      const refreshToken = isCookieSession(request) ? sessionCookieOf(request) : shown;
      const { userId } = currentUser(request);
      const ended = await guard.run(request, () => accounts.changePassword(userId, { current, next, refreshToken }));
      return { ended };
    },
  });
}
