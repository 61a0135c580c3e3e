import { subtle } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import { isUuid, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { errors, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";

const ALGORITHM = "HS256";
const ISSUER = "commonhold";
const AUDIENCE = "commonhold-api";
/** One that the same key signs for another purpose is no access token (RFC 9068, 2.1). */
const TYPE = "at+jwt";
export const TOKEN_KEY_BYTES = 32;
const VERIFIED_TOKENS_MAX = 1024;

/** Whom a token stands for, and until when (milliseconds since 1970). */
export interface VerifiedToken {
  readonly userId: UserId;
  readonly expiresAtMs: number;
}

export interface AccessTokens {
  readonly ttlS: number;
  issue(user: { readonly id: string; readonly role: Role }): Promise<string>;
  /** @throws AppError UNAUTHENTICATED for any token that this key did not sign for this API, TOKEN_EXPIRED */
  verify(token: string): Promise<VerifiedToken>;
}

/**
 * JWT access tokens (RFC 7519, RFC 9068), signed with HMAC-SHA-256. The algorithm is ours to say, never the token's.
 * @param deps.key 32 secret bytes
 */
export async function createAccessTokens(
  deps: { readonly key: Uint8Array; readonly clock: Clock; readonly random: Random },
  options: { readonly ttlS: number },
): Promise<AccessTokens> {
  if (deps.key.length !== TOKEN_KEY_BYTES) {
    throw new AppError("INVALID_CONFIG", `the token key has ${deps.key.length} bytes: it must have ${TOKEN_KEY_BYTES}`);
  }
  const { clock, random } = deps;
  const key = await subtle.importKey("raw", new Uint8Array(deps.key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);

  /** Tokens whose signature was found good: a program makes all its requests with one. */
  const verified = new LRUCache<string, VerifiedToken>({
    max: VERIFIED_TOKENS_MAX,
  });

  return {
    ttlS: options.ttlS,
    issue: (user) => {
      const nowMs = clock.nowMs();
      const nowS = Math.floor(nowMs / 1000);
      return new SignJWT({ role: user.role })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setSubject(user.id)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + options.ttlS)
        .setJti(uuidV7(nowMs, random.bytes(10)))
        .sign(key);
    },
    verify: async (token) => {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAtMs > clock.nowMs()) return known;
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["sub", "exp"],
          currentDate: new Date(clock.nowMs()),
        });
        if (typeof payload.sub === "string" && isUuid(payload.sub)) {
          const found = { userId: payload.sub as UserId, expiresAtMs: payload.exp! * 1000 };
          verified.set(token, found);
          return found;
        }
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new AppError("TOKEN_EXPIRED", "the access token has expired: renew it by POST /api/v1/auth/refresh", {
            cause,
          });
        }
        throw new AppError("UNAUTHENTICATED", "the access token is not one of this coordinator: sign in again", {
          cause,
        });
      }
      throw new AppError("UNAUTHENTICATED", "the access token names no account: sign in again");
    },
  };
}
