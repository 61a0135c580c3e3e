import type { Credentials } from "@commonhold/client/credentials.ts";
import { createHttpTransport, type HttpTransport } from "@commonhold/client/http-transport.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { type Api, createApi } from "../api/api.ts";
import { fetchUnlessEarly } from "../early/early-answers.ts";
import { BY_COOKIE, SESSION_LOCK } from "./cookie-session.ts";
import { exclusively } from "./exclusively.ts";
import { pageClock, pageRandom } from "./page-clock.ts";
import { tokenUser } from "./token-user.ts";

export type SessionState = "starting" | "signed-out" | "signed-in" | "unreachable";

export interface Session {
  readonly transport: HttpTransport;
  readonly api: Api;
  readonly state: () => SessionState;
  /** Whose session it is; undefined while nobody is signed in. */
  readonly userId: () => string | undefined;
  readonly subscribe: (listener: () => void) => () => void;
  /** Takes up the session that the browser has a cookie of. */
  start(): Promise<void>;
  /** @throws AppError INVALID_CREDENTIALS, TOO_MANY_REQUESTS */
  signIn(who: { readonly email: string; readonly password: string }): Promise<void>;
  /** @throws AppError EMAIL_TAKEN, INVALID_REQUEST */
  signUp(who: { readonly email: string; readonly password: string; readonly name?: string }): Promise<void>;
  /** Here, and in the browser's other tabs. */
  signOut(): Promise<void>;
  signOutEverywhere(): Promise<void>;
}

/** Stands for the refresh token, which only the browser has. */
const IN_COOKIE = "cookie";

/** The access token lives in this page's memory and nowhere else; the refresh token in a cookie that no script reads. */
export function createSession(): Session {
  const listeners = new Set<() => void>();
  const otherTabs = new BroadcastChannel("commonhold-session");
  let state: SessionState = "starting";
  let accessToken = "";
  let user: string | undefined;

  const become = (next: SessionState): void => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  };
  const take = (credentials: Credentials | undefined): void => {
    accessToken = credentials?.accessToken ?? "";
    user = credentials === undefined ? undefined : tokenUser(accessToken);
    become(credentials === undefined ? "signed-out" : "signed-in");
  };
  /** Another person signed in in another tab: nothing of the first one's may stay on this page, or be sent as theirs. */
  const refuseOther = (renewed: string): void => {
    if (user === undefined || tokenUser(renewed) === user) return;
    // Once all of it is forgotten: a page that sends files would have the person asked whether it may be loaded anew.
    setTimeout(() => location.reload());
    throw new AppError("UNAUTHENTICATED", "somebody else has signed in in this browser");
  };
  const { transport, api } = openTransport({ accessToken: () => accessToken, take, refuseOther });

  const start = async (): Promise<void> => {
    try {
      await transport.tokens.renew("");
    } catch (error) {
      become(hasCode(error, "UNAUTHENTICATED", "TOKEN_EXPIRED") ? "signed-out" : "unreachable");
    }
  };
  const enter = async (tokens: { readonly access_token: string }): Promise<void> => {
    await transport.tokens.replace({ accessToken: tokens.access_token, refreshToken: IN_COOKIE });
    otherTabs.postMessage("signed-in");
  };
  const leave = async (): Promise<void> => {
    await transport.tokens.replace(undefined);
    otherTabs.postMessage("signed-out");
  };
  otherTabs.addEventListener("message", ({ data }) => {
    if (data === "signed-in" && state !== "signed-in") void start();
    // It may have been somebody else.
    else if (data === "signed-in") transport.tokens.renew(accessToken).catch(() => undefined);
    if (data === "signed-out") void transport.tokens.replace(undefined);
  });

  return {
    transport,
    api,
    state: () => state,
    userId: () => user,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    signIn: async (body) => enter(await api("POST /api/v1/auth/login", { body, headers: BY_COOKIE, auth: "none" })),
    signUp: async (body) => enter(await api("POST /api/v1/auth/register", { body, headers: BY_COOKIE, auth: "none" })),
    signOut: async () => {
      await exclusively(SESSION_LOCK, () =>
        api("POST /api/v1/auth/logout", { headers: BY_COOKIE, auth: "none", idempotent: true }),
      );
      await leave();
    },
    signOutEverywhere: async () => {
      await api("POST /api/v1/auth/logout-everywhere", { idempotent: true });
      await leave();
    },
  };
}

/** Calls with the access token at hand, renewed by the cookie when it has run out. */
function openTransport(held: {
  readonly accessToken: () => string;
  readonly take: (credentials: Credentials | undefined) => void;
  /** @throws AppError UNAUTHENTICATED where a renewed access token is another person's */
  readonly refuseOther: (accessToken: string) => void;
}): { readonly transport: HttpTransport; readonly api: Api } {
  const transport: HttpTransport = createHttpTransport(
    {
      clock: pageClock,
      random: pageRandom,
      fetch: fetchUnlessEarly,
      credentials: {
        read: async () => ({ accessToken: held.accessToken(), refreshToken: IN_COOKIE }),
        write: async (credentials) => held.take(credentials),
        exclusively: (action) => exclusively(SESSION_LOCK, action),
      },
      exchange: async () => {
        const name = "POST /api/v1/auth/refresh";
        const tokens = await api(name, { headers: BY_COOKIE, auth: "none", idempotent: true });
        held.refuseOther(tokens.access_token);
        return { accessToken: tokens.access_token, refreshToken: IN_COOKIE };
      },
    },
    { baseUrl: location.origin },
  );
  const api = createApi(transport);
  return { transport, api };
}
