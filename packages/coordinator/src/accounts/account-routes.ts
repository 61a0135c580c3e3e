import { AppError } from "@commonhold/core/app-error.ts";
import type { Static } from "typebox";
import type { CreditService } from "../credits/credit-service.ts";
import { createAttemptLimit } from "../http/attempt-limit.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, NoContent, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import {
  AccountSchema,
  accountView,
  LoginBody,
  RefreshTokenBody,
  RegisterBody,
  SessionHeaders,
  SessionSchema,
  sessionView,
  TokensSchema,
  tokensView,
} from "./account-schemas.ts";
import type { AccountService } from "./account-service.ts";
import { createLoginGuard, type LoginGuardOptions } from "./login-guard.ts";
import type { LoginSessions } from "./login-sessions.ts";
import { registerPasswordRoute } from "./password-route.ts";
import {
  clearSessionCookie,
  type CookieRequest,
  isCookieSession,
  sessionCookieOf,
  setSessionCookie,
} from "./session-cookie.ts";
import { registerSessionRoutes } from "./session-routes.ts";

export interface AccountRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly accounts: AccountService;
  readonly sessions: LoginSessions;
  readonly credits: Pick<CreditService, "userBalance">;
}

export interface AccountRoutesOptions extends LoginGuardOptions {
  readonly registrationsPerAddressPerMinuteMax: number;
  readonly loginsPerAddressPerMinuteMax: number;
}

const MINUTE_MS = 60_000;
/** Two tabs of a browser, or one that was closed while the answer was on its way, may show the same cookie twice. */
const SPENT_GRACE_MS = 30_000;
const REFRESH_ERRORS = [
  "INVALID_REQUEST",
  "UNAUTHENTICATED",
  "TOKEN_EXPIRED",
  "FORBIDDEN",
  "TOO_MANY_REQUESTS",
] as const;

export function registerAccountRoutes(app: Http, deps: AccountRoutesDeps, options: AccountRoutesOptions): void {
  registerJsonRoutes(app, (routes) => {
    registerSignUp(routes, deps, options);
    registerSignIn(routes, deps, options);
    registerTokenRoutes(routes, deps);
    registerMe(routes, deps);
    registerSessionRoutes(routes, deps);
    registerPasswordRoute(routes, deps, options);
  });
}

function registerSignUp(routes: Http, deps: AccountRoutesDeps, options: AccountRoutesOptions): void {
  const perAddress = createAttemptLimit(routes, {
    max: options.registrationsPerAddressPerMinuteMax,
    windowMs: MINUTE_MS,
    what: "registrations from this address",
  });
  routes.post("/api/v1/auth/register", {
    onRequest: (request) => perAddress.take(request),
    schema: {
      operationId: "register",
      tags: [TAGS.accounts],
      summary: "Make an account",
      description: "Answers as a login does, so the new account is signed in at once.",
      headers: SessionHeaders,
      body: RegisterBody,
      response: {
        201: SessionSchema,
        ...errorAnswers("INVALID_REQUEST", "EMAIL_TAKEN", "FORBIDDEN", "TOO_MANY_REQUESTS", "OVERLOADED"),
      },
    },
    handler: async (request, reply) => {
      const isByCookie = isCookieSession(request);
      const session = await deps.accounts.register(request.body);
      if (isByCookie) setSessionCookie(reply, session.refreshToken, { maxAgeS: session.refreshExpiresInS });
      return reply.code(201).send(sessionView(session, isByCookie));
    },
  });
}

function registerSignIn(routes: Http, deps: AccountRoutesDeps, options: AccountRoutesOptions): void {
  const perAddress = createAttemptLimit(routes, {
    max: options.loginsPerAddressPerMinuteMax,
    windowMs: MINUTE_MS,
    what: "logins from this address",
  });
  const guard = createLoginGuard(routes, options);
  routes.post("/api/v1/auth/login", {
    onRequest: (request) => perAddress.take(request),
    schema: {
      operationId: "login",
      tags: [TAGS.accounts],
      summary: "Sign in",
      headers: SessionHeaders,
      body: LoginBody,
      response: {
        200: SessionSchema,
        ...errorAnswers(
          ...(["INVALID_REQUEST", "INVALID_CREDENTIALS", "ACCOUNT_DISABLED", "FORBIDDEN"] as const),
          ...(["TOO_MANY_REQUESTS", "OVERLOADED"] as const),
        ),
      },
    },
    handler: async (request, reply) => {
      const isByCookie = isCookieSession(request);
      const session = await guard.run(request, () => deps.accounts.login(request.body));
      if (isByCookie) setSessionCookie(reply, session.refreshToken, { maxAgeS: session.refreshExpiresInS });
      return sessionView(session, isByCookie);
    },
  });
}

function registerTokenRoutes(routes: Http, deps: AccountRoutesDeps): void {
  routes.post("/api/v1/auth/refresh", {
    schema: {
      operationId: "refresh",
      tags: [TAGS.accounts],
      summary: "Exchange a refresh token for a new pair of tokens",
      description: "A refresh token works once. Shown again, it ends the login, as it may have been stolen.",
      headers: SessionHeaders,
      body: RefreshTokenBody,
      response: { 200: TokensSchema, ...errorAnswers(...REFRESH_ERRORS) },
    },
    handler: async (request, reply) => {
      const isByCookie = isCookieSession(request);
      const refreshToken = shownToken(request, isByCookie);
      if (!isByCookie) return tokensView(await deps.accounts.refresh(refreshToken), isByCookie);
      const tokens = await deps.accounts.refresh(refreshToken, { spentGraceMs: SPENT_GRACE_MS });
      setSessionCookie(reply, tokens.refreshToken, { maxAgeS: tokens.refreshExpiresInS });
      return tokensView(tokens, isByCookie);
    },
  });
  routes.post("/api/v1/auth/logout", {
    schema: {
      operationId: "logout",
      tags: [TAGS.accounts],
      summary: "End a login",
      description: "Revokes the refresh token and all that descend from the same login.",
      headers: SessionHeaders,
      body: RefreshTokenBody,
      response: {
        204: NoContent("The login is ended, or never was."),
        ...errorAnswers("INVALID_REQUEST", "FORBIDDEN"),
      },
    },
    handler: async (request, reply) => {
      const isByCookie = isCookieSession(request);
      const refreshToken = isByCookie ? sessionCookieOf(request) : shownToken(request, isByCookie);
      if (isByCookie) clearSessionCookie(reply);
      if (refreshToken !== undefined) await deps.accounts.logout(refreshToken);
      return reply.code(204).send(null);
    },
  });
}

/** @throws AppError INVALID_REQUEST, UNAUTHENTICATED */
function shownToken(
  request: CookieRequest & { readonly body: Static<typeof RefreshTokenBody> },
  isByCookie: boolean,
): string {
  const token = isByCookie ? sessionCookieOf(request) : request.body.refresh_token;
  if (token !== undefined) return token;
  if (isByCookie) throw new AppError("UNAUTHENTICATED", "nobody is signed in here: there is no cookie of a session");
  throw new AppError("INVALID_REQUEST", 'body field "refresh_token" is missing: give the one of your login', {
    details: { in: "body", field: "refresh_token" },
  });
}

function registerMe(routes: Http, deps: AccountRoutesDeps): void {
  routes.get("/api/v1/auth/me", {
    onRequest: deps.authentication.requireUser,
    schema: {
      operationId: "me",
      tags: [TAGS.accounts],
      summary: "The signed-in user and their credits",
      security: BY_ACCESS_TOKEN,
      response: { 200: AccountSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED") },
    },
    handler: async (request) => {
      const { userId } = currentUser(request);
      return accountView(await deps.accounts.find(userId), await deps.credits.userBalance(userId));
    },
  });
}
