import { AppError } from "@commonhold/core/app-error.ts";
import { type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { type AccountCreationDeps, createAccount, type UserRecord } from "./account-creation.ts";
import { normaliseEmail } from "./email-address.ts";
import { createOpaqueToken, hashOpaqueToken, REFRESH_TOKEN } from "./opaque-token.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { checkNewPassword } from "./password-rules.ts";

export interface AccountServiceDeps extends AccountCreationDeps {
  readonly metadata: Metadata;
  readonly hasher: PasswordHasher;
  readonly accessTokens: AccessTokens;
  readonly logger: Pick<Logger, "warn">;
  /** Called when it is done. */
  readonly onPasswordChanged: (email: string) => Promise<void>;
}

export interface AccountServiceOptions {
  readonly refreshTokenTtlS: number;
  /** What a new account is given. */
  readonly welcomeMicroCredits: bigint;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInS: number;
  readonly refreshExpiresInS: number;
}

export interface Session extends Tokens {
  readonly user: UserRecord;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface PasswordChange {
  readonly current: string;
  readonly next: string;
  readonly refreshToken: string | undefined;
}

export interface AccountService {
  /** @throws AppError INVALID_REQUEST, EMAIL_TAKEN, OVERLOADED */
  register(account: Credentials & { readonly name?: string }): Promise<Session>;
  /** @throws AppError INVALID_CREDENTIALS, ACCOUNT_DISABLED, INVALID_REQUEST, OVERLOADED */
  login(credentials: Credentials): Promise<Session>;
  /**
   * Spends the token for a new pair. A token that was spent before has been stolen, or its successor has: all tokens
   * of that login end (RFC 9700, 4.14.2).
   * @param options.spentGraceMs one that was spent within so long buys once more: the answer to a browser may be lost
   * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED
   */
  refresh(refreshToken: string, options?: { readonly spentGraceMs?: number }): Promise<Tokens>;
  /** Ends the login that the token belongs to; an unknown token changes nothing (RFC 7009, 2.2). */
  logout(refreshToken: string): Promise<void>;
  /**
   * Ends every login of the user but the one that `refreshToken` belongs to.
   * @returns how many were ended
   * @throws AppError INVALID_CREDENTIALS where `current` is wrong, INVALID_REQUEST where `next` is too short or the same,
   *   CONCURRENT_CHANGE, OVERLOADED
   */
  changePassword(userId: UserId, change: PasswordChange): Promise<number>;
  /** @throws AppError NOT_FOUND */
  find(userId: string): Promise<UserRecord>;
}

export function createAccountService(deps: AccountServiceDeps, options: AccountServiceOptions): AccountService {
  const { metadata, clock, random, hasher, accessTokens } = deps;
  const refreshTokenTtlMs = options.refreshTokenTtlS * 1000;

  async function tokensFor(user: { readonly id: string; readonly role: Role }, refreshToken: string): Promise<Tokens> {
    return {
      accessToken: await accessTokens.issue(user),
      refreshToken,
      expiresInS: accessTokens.ttlS,
      refreshExpiresInS: options.refreshTokenTtlS,
    };
  }

  async function beginSession(user: UserRecord): Promise<Session> {
    const refreshToken = createOpaqueToken(random, REFRESH_TOKEN);
    const nowMs = clock.nowMs();
    await metadata.apply("refresh_token.issue", {
      token_hash: hashOpaqueToken(refreshToken),
      user_id: user.id,
      family_id: uuidV7(nowMs, random.bytes(10)),
      issued_at_ms: nowMs,
      expires_at_ms: nowMs + refreshTokenTtlMs,
    });
    return { user, ...(await tokensFor(user, refreshToken)) };
  }

  return {
    register: async (account) => {
      const email = normaliseEmail(account.email);
      checkNewPassword(account.password);
      const user = await createAccount(deps, {
        email,
        name: account.name?.trim() || email.slice(0, email.indexOf("@")),
        password: account.password,
        role: "user",
        welcomeMicroCredits: options.welcomeMicroCredits,
      });
      return beginSession(user);
    },

    login: async (credentials) => {
      const email = normaliseEmail(credentials.email);
      const row = await userRows(metadata).select("password_hash").where("email", "=", email).executeTakeFirst();
      const isRight = await hasher.verify(credentials.password, row?.password_hash);
      if (row === undefined || !isRight) {
        throw new AppError("INVALID_CREDENTIALS", "e-mail and password do not belong to an account here");
      }
      return beginSession(toUserRecord(row));
    },

    refresh: async (refreshToken, { spentGraceMs = 0 } = {}) => {
      const successor = createOpaqueToken(random, REFRESH_TOKEN);
      const nowMs = clock.nowMs();
      const rotation = await metadata.apply("refresh_token.rotate", {
        old_hash: hashOpaqueToken(refreshToken),
        new_hash: hashOpaqueToken(successor),
        now_ms: nowMs,
        expires_at_ms: nowMs + refreshTokenTtlMs,
        spent_grace_ms: spentGraceMs,
      });
      if (rotation.outcome === "reused") {
        deps.logger.warn("A spent refresh token was shown again: its login is ended");
        throw new AppError("UNAUTHENTICATED", "the refresh token was used before, so its login is ended: log in again");
      }
      return tokensFor(await findUser(metadata, rotation.user_id), successor);
    },

    logout: async (refreshToken) => {
      await metadata.apply("refresh_token.revoke_family", { token_hash: hashOpaqueToken(refreshToken) });
    },

    changePassword: (userId, change) => changePassword(deps, userId, change),

    find: (userId) => findUser(metadata, userId),
  };
}

async function changePassword(
  { metadata, hasher, logger, onPasswordChanged }: AccountServiceDeps,
  userId: UserId,
  { current, next, refreshToken }: PasswordChange,
): Promise<number> {
  const user = await metadata.read
    .selectFrom("users")
    .select(["email", "password_hash"])
    .where("id", "=", userId)
    .executeTakeFirstOrThrow();
  if (!(await hasher.verify(current, user.password_hash))) {
    throw new AppError("INVALID_CREDENTIALS", "the current password is another one");
  }
  checkNewPassword(next);
  if (next === current) throw new AppError("INVALID_REQUEST", "the new password is the current one: choose another");
  const kept =
    refreshToken === undefined
      ? undefined
      : await metadata.read
          .selectFrom("refresh_tokens")
          .select("family_id")
          .where("token_hash", "=", hashOpaqueToken(refreshToken))
          .where("user_id", "=", userId)
          .executeTakeFirst();
  const { ended } = await metadata.apply("user.set_password", {
    user_id: userId,
    old_hash: user.password_hash,
    new_hash: await hasher.hash(next),
    kept_family_id: kept?.family_id ?? null,
  });
  await onPasswordChanged(user.email).catch((error: unknown) => {
    logger.warn({ err: error }, "A password was changed; the file of the first account could not be told");
  });
  return ended;
}

async function findUser(metadata: Pick<Metadata, "read">, userId: string): Promise<UserRecord> {
  const row = await userRows(metadata).where("id", "=", userId).executeTakeFirst();
  if (row === undefined) throw new AppError("NOT_FOUND", `there is no user ${userId}`);
  return toUserRecord(row);
}

function userRows(metadata: Pick<Metadata, "read">) {
  return metadata.read.selectFrom("users").select(["id", "email", "name", "role", "created_at_ms"]);
}

function toUserRecord(row: {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at_ms: number;
}): UserRecord {
  return { id: row.id as UserId, email: row.email, name: row.name, role: row.role, createdAtMs: row.created_at_ms };
}
