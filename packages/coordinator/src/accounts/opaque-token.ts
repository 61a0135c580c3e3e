import { createHash } from "node:crypto";
import type { Random } from "@commonhold/core/random.ts";

const SECRET_BYTES = 32;

/** What a token is for; scanners and people tell leaked ones apart by it. */
export type OpaqueTokenKind = "chr" | "chj" | "chn";

export const REFRESH_TOKEN: OpaqueTokenKind = "chr";
export const JOIN_TOKEN: OpaqueTokenKind = "chj";
export const NODE_API_KEY: OpaqueTokenKind = "chn";

/** `kind_` and 256 random bits in base64url. Only its hash is kept. */
export function createOpaqueToken(random: Random, kind: OpaqueTokenKind): string {
  return `${kind}_${Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url")}`;
}

/** SHA-256 in hex: enough, as the token has 256 bits of its own and cannot be guessed from it. */
export function hashOpaqueToken(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}
