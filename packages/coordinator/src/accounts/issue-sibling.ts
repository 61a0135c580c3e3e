import { AppError } from "@commonhold/core/app-error.ts";
import { hashOpaqueToken } from "./opaque-token.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

export interface SiblingTerms {
  /** The token that is shown. */
  readonly spent: string;
  /** What its owner gets. */
  readonly successor: string;
  /** For so long after it was spent; 0 for never. */
  readonly spentGraceMs: number;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

/**
 * Issues another token of the same login to who shows one that was spent a moment ago.
 * @returns whose login it is; undefined where the token was not spent just now, and nothing was issued
 * @throws AppError UNAUTHENTICATED where the login ended meanwhile
 */
export async function issueSibling(
  metadata: Pick<Metadata, "read" | "apply">,
  terms: SiblingTerms,
): Promise<string | undefined> {
  if (terms.spentGraceMs <= 0) return undefined;
  const newHash = hashOpaqueToken(terms.successor);
  const find = () =>
    metadata.read
      .selectFrom("refresh_tokens")
      .select(["user_id", "family_id", "spent_at_ms"])
      .where("token_hash", "=", hashOpaqueToken(terms.spent))
      .executeTakeFirst();
  const spent = await find();
  if (spent === undefined || spent.spent_at_ms === null) return undefined;
  if (spent.spent_at_ms < terms.nowMs - terms.spentGraceMs) return undefined;
  await metadata.apply("refresh_token.issue", {
    token_hash: newHash,
    user_id: spent.user_id,
    family_id: spent.family_id,
    issued_at_ms: terms.nowMs,
    expires_at_ms: terms.expiresAtMs,
  });
  // A login that was ended between the two must not begin again.
  if ((await find()) !== undefined) return spent.user_id;
  await metadata.apply("refresh_token.revoke_family", { token_hash: newHash });
  throw new AppError("UNAUTHENTICATED", "this login was ended: log in again");
}
