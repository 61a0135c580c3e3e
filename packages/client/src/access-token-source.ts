import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Credentials, CredentialStore } from "./credentials.ts";

export interface AccessTokenSource {
  /** @throws AppError UNAUTHENTICATED when nobody is logged in */
  current(): Promise<string>;
  /**
   * A token in place of `expired`. However many calls ask at once, the refresh token is spent only once.
   * @throws AppError UNAUTHENTICATED when the session has ended
   */
  renew(expired: string): Promise<string>;
  /** After a login, or with `undefined` after a logout. */
  replace(credentials: Credentials | undefined): Promise<void>;
}

/** @param exchange asks the coordinator for new tokens against a refresh token */
export function createAccessTokenSource(
  deps: {
    readonly store: CredentialStore;
    readonly exchange: (refreshToken: string) => Promise<Credentials>;
  },
  options: { readonly baseUrl: string },
): AccessTokenSource {
  const { store, exchange } = deps;
  let known: Credentials | undefined;
  let renewing: Promise<string> | undefined;

  const sessionEnded = (cause?: unknown) =>
    new AppError("UNAUTHENTICATED", `the session at ${options.baseUrl} has ended: log in again`, { cause });

  async function renewOnce(expired: string): Promise<string> {
    return store.exclusively(async () => {
      const stored = await store.read();
      if (stored !== undefined && stored.accessToken !== expired) {
        known = stored;
        return stored.accessToken;
      }
      if (stored?.refreshToken === undefined) throw sessionEnded();
      try {
        known = await exchange(stored.refreshToken);
      } catch (error) {
        if (!hasCode(error, "UNAUTHENTICATED", "INVALID_CREDENTIALS", "TOKEN_EXPIRED")) throw error;
        known = undefined;
        await store.write(undefined);
        throw sessionEnded(error);
      }
      await store.write(known);
      return known.accessToken;
    });
  }

  return {
    async current() {
      known ??= await store.read();
      if (known === undefined) throw new AppError("UNAUTHENTICATED", `nobody is logged in at ${options.baseUrl}`);
      return known.accessToken;
    },
    renew(expired) {
      if (known !== undefined && known.accessToken !== expired) return Promise.resolve(known.accessToken);
      renewing ??= renewOnce(expired).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    async replace(credentials) {
      known = credentials;
      await store.exclusively(() => store.write(credentials));
    },
  };
}
