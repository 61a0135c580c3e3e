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
  SessionSchema,
  sessionView,
  TokensSchema,
  tokensView,
} from "./account-schemas.ts";
import type { AccountService } from "./account-service.ts";
import { createLoginGuard, type LoginGuardOptions } from "./login-guard.ts";

export interface AccountRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly accounts: AccountService;
  readonly credits: Pick<CreditService, "userBalance">;
}

export interface AccountRoutesOptions extends LoginGuardOptions {
  readonly registrationsPerAddressPerMinuteMax: number;
  readonly loginsPerAddressPerMinuteMax: number;
}

const MINUTE_MS = 60_000;

export function registerAccountRoutes(app: Http, deps: AccountRoutesDeps, options: AccountRoutesOptions): void {
  registerJsonRoutes(app, (routes) => {
    registerSignUp(routes, deps, options);
    registerSignIn(routes, deps, options);
    registerTokenRoutes(routes, deps);
    registerMe(routes, deps);
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
      body: RegisterBody,
      response: {
        201: SessionSchema,
        ...errorAnswers("INVALID_REQUEST", "EMAIL_TAKEN", "TOO_MANY_REQUESTS", "OVERLOADED"),
      },
    },
    handler: async (request, reply) => reply.code(201).send(sessionView(await deps.accounts.register(request.body))),
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
      body: LoginBody,
      response: {
        200: SessionSchema,
        ...errorAnswers("INVALID_REQUEST", "INVALID_CREDENTIALS", "TOO_MANY_REQUESTS", "OVERLOADED"),
      },
    },
    handler: (request) => guard.run(request, async () => sessionView(await deps.accounts.login(request.body))),
  });
}

function registerTokenRoutes(routes: Http, deps: AccountRoutesDeps): void {
  routes.post("/api/v1/auth/refresh", {
    schema: {
      operationId: "refresh",
      tags: [TAGS.accounts],
      summary: "Exchange a refresh token for a new pair of tokens",
      description: "A refresh token works once. Shown again, it ends the login, as it may have been stolen.",
      body: RefreshTokenBody,
      response: { 200: TokensSchema, ...errorAnswers("INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED") },
    },
    handler: async (request) => tokensView(await deps.accounts.refresh(request.body.refresh_token)),
  });
  routes.post("/api/v1/auth/logout", {
    schema: {
      operationId: "logout",
      tags: [TAGS.accounts],
      summary: "End a login",
      description: "Revokes the refresh token and all that descend from the same login.",
      body: RefreshTokenBody,
      response: { 204: NoContent("The login is ended, or never was."), ...errorAnswers("INVALID_REQUEST") },
    },
    handler: async (request, reply) => {
      await deps.accounts.logout(request.body.refresh_token);
      return reply.code(204).send(null);
    },
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
