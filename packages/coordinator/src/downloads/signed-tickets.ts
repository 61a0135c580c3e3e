import { subtle } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";

const ALGORITHM = "HS256";
const ISSUER = "commonhold";

export interface SignedTickets {
  sign(claims: JWTPayload & { readonly sub: string; readonly exp: number }): Promise<string>;
  /** @throws AppError UNAUTHENTICATED for what is no ticket of this kind from here, TOKEN_EXPIRED */
  verify(ticket: string): Promise<JWTPayload & { readonly sub: string; readonly exp: number }>;
}

/**
 * Tickets that stand in an address, for what cannot send a header: an image, a player that seeks, the browser's own
 * download. JWTs (RFC 7519) under the key of the access tokens. Each kind has an audience and a type of its own, so that
 * one is never taken for another, nor for an access token (RFC 8725, 3.12).
 */
export async function createSignedTickets(
  deps: { readonly key: Uint8Array; readonly clock: Clock },
  kind: { readonly audience: string; readonly type: string; readonly claims: readonly string[] },
): Promise<SignedTickets> {
  const { clock } = deps;
  const key = await subtle.importKey("raw", new Uint8Array(deps.key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  return {
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, typ: kind.type })
        .setIssuer(ISSUER)
        .setAudience(kind.audience)
        .sign(key),
    verify: async (ticket) => {
      try {
        const { payload } = await jwtVerify<{ readonly sub: string; readonly exp: number }>(ticket, key, {
          algorithms: [ALGORITHM],
          typ: kind.type,
          issuer: ISSUER,
          audience: kind.audience,
          requiredClaims: ["sub", "exp", ...kind.claims],
          currentDate: new Date(clock.nowMs()),
        });
        return payload;
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new AppError("TOKEN_EXPIRED", "this address has run out: ask for another ticket", { cause });
        }
        throw new AppError("UNAUTHENTICATED", "the ticket is not one of this coordinator", { cause });
      }
    },
  };
}
