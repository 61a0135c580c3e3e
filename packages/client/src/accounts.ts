import { hasCode } from "@commonhold/core/app-error.ts";
import { count, nothing, object, optional, type Read, text } from "./answer.ts";
import type { CredentialStore } from "./credentials.ts";
import { isTransient } from "./http-error.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

const userFields = { id: text, email: text, name: text, role: text, created_at: text };
const user = object(userFields);
const loggedIn = object({ user, access_token: text, refresh_token: text, token_type: text, expires_in: count });

/** Amounts are decimal text in credits, and whole micro-credits as text. */
export const creditBalance = object({
  available: text,
  reserved: text,
  available_microcredits: optional(text),
  reserved_microcredits: optional(text),
});
const endedLogins = object({ ended: count });
const account = object({ ...userFields, credits: creditBalance });

export type User = Read<typeof user>;
export type Account = Read<typeof account>;

export interface Accounts {
  /**
   * Creates an account and logs in.
   * @throws AppError EMAIL_TAKEN, INVALID_REQUEST
   */
  register(who: { email: string; password: string; name?: string }, signal?: AbortSignal): Promise<User>;
  /** @throws AppError INVALID_CREDENTIALS, TOO_MANY_REQUESTS */
  login(who: { email: string; password: string }, signal?: AbortSignal): Promise<User>;
  /** Forgets the credentials here in any case; `revoked` is false when the coordinator could not be told. */
  logout(signal?: AbortSignal): Promise<{ wasLoggedIn: boolean; revoked: boolean }>;
  /**
   * Ends every login but this one.
   * @returns how many were ended
   * @throws AppError INVALID_CREDENTIALS where `current` is wrong, INVALID_REQUEST, TOO_MANY_REQUESTS
   */
  changePassword(change: { current: string; next: string }, signal?: AbortSignal): Promise<{ ended: number }>;
  me(signal?: AbortSignal): Promise<Account>;
}

export function createAccounts(deps: {
  readonly transport: HttpTransport;
  readonly credentials: CredentialStore;
}): Accounts {
  const { transport, credentials } = deps;

  async function enter(path: string, body: object, signal?: AbortSignal): Promise<User> {
    const answer = await transport.call({ method: "POST", path, body, auth: "none", ...withSignal(signal) }, loggedIn);
    await transport.tokens.replace({ accessToken: answer.access_token, refreshToken: answer.refresh_token });
    return answer.user;
  }

  return {
    register: (who, signal) => enter("/api/v1/auth/register", who, signal),
    login: (who, signal) => enter("/api/v1/auth/login", who, signal),
    async logout(signal) {
      const held = await credentials.read();
      if (held?.refreshToken === undefined) {
        await transport.tokens.replace(undefined);
        return { wasLoggedIn: held !== undefined, revoked: false };
      }
      const wasLoggedIn = true;
      const body = { refresh_token: held.refreshToken };
      const path = "/api/v1/auth/logout";
      try {
        await transport.call({ method: "POST", path, body, idempotent: true, ...withSignal(signal) }, nothing);
        return { wasLoggedIn, revoked: true };
      } catch (error) {
        if (isTransient(error)) return { wasLoggedIn, revoked: false };
        if (hasCode(error, "UNAUTHENTICATED", "INVALID_CREDENTIALS", "TOKEN_EXPIRED"))
          return { wasLoggedIn, revoked: true };
        throw error;
      } finally {
        await transport.tokens.replace(undefined);
      }
    },
    async changePassword({ current, next }, signal) {
      const held = await credentials.read();
      const body = { current_password: current, new_password: next, refresh_token: held?.refreshToken };
      // Sent twice, it would tell of a wrong password where the first answer was lost.
      const request = { method: "PUT", path: "/api/v1/auth/password", body, idempotent: false } as const;
      return transport.call({ ...request, ...withSignal(signal) }, endedLogins);
    },
    me: (signal) => transport.call({ method: "GET", path: "/api/v1/auth/me", ...withSignal(signal) }, account),
  };
}
