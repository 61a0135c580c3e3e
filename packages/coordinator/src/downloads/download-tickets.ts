import { subtle } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FileId, isUuid, type UserId } from "@commonhold/core/ids.ts";
import { errors, jwtVerify, SignJWT } from "jose";

const ALGORITHM = "HS256";
const ISSUER = "commonhold";
/** Neither audience nor type is that of an access token: one is never taken for the other (RFC 8725, 3.12). */
const AUDIENCE = "commonhold-download";
const TYPE = "download-ticket+jwt";

export const DISPOSITIONS = ["inline", "attachment"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What a ticket allows: reading one file of one person. */
export interface TicketTerms {
  readonly fileId: FileId;
  readonly userId: UserId;
  readonly disposition: Disposition;
}

export interface DownloadTickets {
  issue(terms: TicketTerms): Promise<{ readonly ticket: string; readonly expiresAtMs: number }>;
  /** @throws AppError UNAUTHENTICATED for what is no ticket of this coordinator, TOKEN_EXPIRED */
  verify(ticket: string): Promise<TicketTerms>;
}

/**
 * Tickets that stand in an address, for what cannot send a header: an image, a player that seeks, the browser's own
 * download. JWTs (RFC 7519) under the key of the access tokens.
 */
export async function createDownloadTickets(
  deps: { readonly key: Uint8Array; readonly clock: Clock },
  options: { readonly ttlS: number },
): Promise<DownloadTickets> {
  const { clock } = deps;
  const key = await subtle.importKey("raw", new Uint8Array(deps.key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  return {
    issue: async ({ fileId, userId, disposition }) => {
      const expiresS = Math.floor(clock.nowMs() / 1000) + options.ttlS;
      const ticket = await new SignJWT({ file: fileId, disposition })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setSubject(userId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime(expiresS)
        .sign(key);
      return { ticket, expiresAtMs: expiresS * 1000 };
    },
    verify: async (ticket) => {
      try {
        const { payload } = await jwtVerify(ticket, key, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["sub", "exp", "file", "disposition"],
          currentDate: new Date(clock.nowMs()),
        });
        return readTerms(payload);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (cause instanceof errors.JWTExpired) {
          throw new AppError("TOKEN_EXPIRED", "this address has run out: ask for another ticket", { cause });
        }
        throw new AppError("UNAUTHENTICATED", "the ticket is not one of this coordinator", { cause });
      }
    },
  };
}

function readTerms({ sub, file, disposition }: Readonly<Record<string, unknown>>): TicketTerms {
  const known = DISPOSITIONS.find((each) => each === disposition);
  if (typeof sub !== "string" || typeof file !== "string" || !isUuid(sub) || !isUuid(file) || known === undefined) {
    throw new AppError("UNAUTHENTICATED", "the ticket names no file of anybody");
  }
  return { fileId: file as FileId, userId: sub as UserId, disposition: known };
}
