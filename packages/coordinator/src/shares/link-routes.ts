import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import type { PasswordHasher } from "../accounts/password-hasher.ts";
import { createAttemptLimit } from "../http/attempt-limit.ts";
import { createGuessGuard } from "../http/guess-guard.ts";
import type { Http } from "../http/http-server.ts";
import { errorAnswers, instantText, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { SharedFile, ShareService } from "./share-service.ts";
import type { ShareTickets } from "./share-tickets.ts";
import { LinkSchema, LinkTicketBody, LinkTicketSchema, sharedFileView } from "./share-views.ts";

export const SHARED_DOWNLOAD_PATH = "/api/v1/shared/download";

export interface LinkRoutesDeps {
  readonly shares: Pick<ShareService, "open">;
  readonly tickets: Pick<ShareTickets, "issue">;
  readonly hasher: Pick<PasswordHasher, "verify">;
  readonly logger: Pick<Logger, "warn">;
}

export interface LinkRoutesOptions {
  /** Of one link from one address; from all addresses together, ten times as many. */
  readonly wrongPasswordsMax: number;
  readonly wrongPasswordsWindowMs: number;
  /** Links that there are not, from one address. */
  readonly unknownLinksPerMinuteMax: number;
}

export const LINK_LIMITS: LinkRoutesOptions = {
  wrongPasswordsMax: 10,
  wrongPasswordsWindowMs: 15 * 60_000,
  unknownLinksPerMinuteMax: 30,
};

const Params = Type.Object({ token: Type.String({ minLength: 1, maxLength: 128, title: "what a link ends with" }) });
type LinkRequest = FastifyRequest<{ Params: { readonly token: string } }>;

/** What anybody may do who has a link: see what it leads to, and get an address to read it from. */
export function registerLinkRoutes(app: Http, deps: LinkRoutesDeps, options: LinkRoutesOptions = LINK_LIMITS): void {
  registerJsonRoutes(app, (routes) => {
    const open = createLinkOpener(routes, deps, options);
    const unlock = createUnlocker(routes, deps, options);

    routes.get("/api/v1/shared/:token", {
      schema: {
        tags: [TAGS.shares],
        operationId: "getSharedFile",
        summary: "What a link leads to",
        params: Params,
        response: {
          200: LinkSchema,
          ...errorAnswers("INVALID_REQUEST", "SHARE_NOT_FOUND", "TOO_MANY_REQUESTS"),
        },
      },
      handler: async (request) => {
        const shared = await open(request);
        if (shared.passwordHash !== null) return { needs_password: true };
        return { needs_password: false, ...sharedFileView(shared) };
      },
    });

    routes.post("/api/v1/shared/:token/ticket", {
      schema: {
        tags: [TAGS.shares],
        operationId: "createSharedTicket",
        summary: "Make an address from which what a link leads to can be read",
        params: Params,
        body: LinkTicketBody,
        response: {
          200: LinkTicketSchema,
          ...errorAnswers(
            "INVALID_REQUEST",
            "INVALID_CREDENTIALS",
            "SHARE_NOT_FOUND",
            "SHARE_EXHAUSTED",
            "TOO_MANY_REQUESTS",
            "OVERLOADED",
          ),
        },
      },
      handler: async (request) => {
        const shared = await open(request);
        await unlock(request, shared, request.body.password);
        if (shared.downloadsLeft === 0) throw shareExhausted();
        const made = await deps.tickets.issue(shared, request.body.disposition);
        return {
          url: `${SHARED_DOWNLOAD_PATH}?ticket=${made.ticket}`,
          expires_at: instantText(made.expiresAtMs),
          file: sharedFileView(shared),
        };
      },
    });
  });
}

/** Whoever asks for many links that there are not is guessing: the log says so, and for a while is answered nothing. */
function createLinkOpener(routes: Http, deps: LinkRoutesDeps, options: LinkRoutesOptions) {
  const unknown = createAttemptLimit(routes, {
    max: options.unknownLinksPerMinuteMax,
    windowMs: 60_000,
    what: "links that lead nowhere from this address",
  });
  return async (request: LinkRequest): Promise<SharedFile> => {
    await unknown.check(request);
    try {
      return await deps.shares.open({ token: request.params.token });
    } catch (error) {
      if (hasCode(error, "SHARE_NOT_FOUND")) {
        deps.logger.warn({ remote_address: request.ip }, "A link was asked for that leads nowhere");
        await unknown.take(request);
      }
      throw error;
    }
  };
}

function createUnlocker(routes: Http, deps: LinkRoutesDeps, options: LinkRoutesOptions) {
  const guard = createGuessGuard(routes, {
    wrongMax: options.wrongPasswordsMax,
    windowMs: options.wrongPasswordsWindowMs,
    what: "wrong passwords for this link",
    subjectOf: (request) => (request as LinkRequest).params.token,
    wrong: "INVALID_CREDENTIALS",
  });
  return async (request: LinkRequest, shared: SharedFile, password: string | undefined): Promise<void> => {
    const { passwordHash, shareId } = shared;
    if (passwordHash === null) return;
    if (password === undefined) throw new AppError("INVALID_CREDENTIALS", "this link needs a password");
    await guard.run(request, async () => {
      if (await deps.hasher.verify(password, passwordHash)) return;
      deps.logger.warn({ share: shareId, remote_address: request.ip }, "A wrong password was given for a link");
      throw new AppError("INVALID_CREDENTIALS", "this is not the password of this link");
    });
  };
}

export function shareExhausted(): AppError {
  return new AppError("SHARE_EXHAUSTED", "this link was used as often as it may be: ask whoever gave it for another");
}
