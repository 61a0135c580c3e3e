import type { Credentials } from "@commonhold/client/credentials.ts";
import { createHttpTransport, type HttpTransport } from "@commonhold/client/http-transport.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
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
    const owner = credentials === undefined ? undefined : tokenUser(accessToken);
    // Another person signed in in another tab: nothing of the first one's may stay on this page.
    if (user !== undefined && owner !== undefined && owner !== user) location.reload();
    user = owner;
    become(credentials === undefined ? "signed-out" : "signed-in");
  };
  const { transport, api } = openTransport({ accessToken: () => accessToken, take });

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
        return { accessToken: tokens.access_token, refreshToken: IN_COOKIE };
      },
    },
    { baseUrl: location.origin },
  );
  const api = createApi(transport);
  return { transport, api };
}
