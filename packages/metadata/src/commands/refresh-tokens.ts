import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, RowLimit, SecretHash, TimeMs } from "./payload-fields.ts";
import { purgeExpired } from "./purge-expired.ts";
import { requireOpenAccount } from "./require-user.ts";

const SPENT_GRACE_MS_MAX = 60_000;
/** New tokens of a login within the grace, beyond which a spent one has no successor: some tabs and some lost answers. */
const NEW_IN_GRACE_MAX = 8;

/** Rotation as in RFC 9700, section 4.14.2: a token is spent once, and a second use gives the whole family away. */
type RotationResult = { readonly outcome: "rotated"; readonly user_id: string } | { readonly outcome: "reused" };

/**
 * The first token of a login.
 * @throws AppError NOT_FOUND for an unknown user, ACCOUNT_DISABLED
 */
export const issueRefreshToken = defineCommand({
  name: "refresh_token.issue",
  payload: payloadOf({
    token_hash: SecretHash,
    user_id: Id,
    family_id: Id,
    issued_at_ms: TimeMs,
    expires_at_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    await requireOpenAccount(tx, p.user_id);
    await tx
      .insertInto("refresh_tokens")
      .values({ ...p, spent_at_ms: null })
      .execute();
    return null;
  },
});

/**
 * Exchanges a token for its successor. A spent token revokes its family; that has to be kept, so it is an outcome
 * and no error: the caller refuses `reused` as UNAUTHENTICATED.
 * @throws AppError UNAUTHENTICATED for an unknown or revoked token, TOKEN_EXPIRED, TOO_MANY_REQUESTS where the grace of a
 * spent one is used up
 */
export const rotateRefreshToken = defineCommand({
  name: "refresh_token.rotate",
  payload: payloadOf({
    old_hash: SecretHash,
    new_hash: SecretHash,
    now_ms: TimeMs,
    expires_at_ms: TimeMs,
    /** A token that was spent so short a time ago has a further successor: the first may have been lost on its way. */
    spent_grace_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: SPENT_GRACE_MS_MAX })),
  }),
  apply: async (tx, p): Promise<RotationResult> => {
    const token = await tx
      .selectFrom("refresh_tokens")
      .select(["user_id", "family_id", "expires_at_ms", "spent_at_ms"])
      .where("token_hash", "=", p.old_hash)
      .executeTakeFirst();
    if (token === undefined) {
      throw new AppError("UNAUTHENTICATED", "the refresh token is unknown or was revoked: log in again");
    }
    const { spent_grace_ms: graceMs = 0 } = p;
    const spentAtMs = token.spent_at_ms;
    if (spentAtMs !== null && spentAtMs <= p.now_ms - graceMs) return await reused(tx, token.family_id);
    if (token.expires_at_ms <= p.now_ms) {
      throw new AppError("TOKEN_EXPIRED", "the refresh token has expired: log in again");
    }
    // Where several coordinators write, another one may spend it between the two statements.
    const isSpentHere = spentAtMs === null && (await spend(tx, p.old_hash, p.now_ms));
    if (!isSpentHere) {
      if (graceMs === 0) return await reused(tx, token.family_id);
      await checkNewTokens(tx, token.family_id, p.now_ms - graceMs);
    }
    await tx
      .insertInto("refresh_tokens")
      .values({
        token_hash: p.new_hash,
        user_id: token.user_id,
        family_id: token.family_id,
        issued_at_ms: p.now_ms,
        expires_at_ms: p.expires_at_ms,
        spent_at_ms: null,
      })
      .execute();
    return { outcome: "rotated", user_id: token.user_id };
  },
});

async function reused(tx: Transaction<Tables>, familyId: string): Promise<RotationResult> {
  await deleteFamily(tx, familyId);
  return { outcome: "reused" };
}

/** Those of the whole login: what came of a successor is as good as one more. @throws AppError TOO_MANY_REQUESTS */
async function checkNewTokens(tx: Transaction<Tables>, familyId: string, sinceMs: number): Promise<void> {
  const { count } = await tx
    .selectFrom("refresh_tokens")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("family_id", "=", familyId)
    .where("issued_at_ms", ">", sinceMs)
    .executeTakeFirstOrThrow();
  if (Number(count) < NEW_IN_GRACE_MAX) return;
  throw new AppError("TOO_MANY_REQUESTS", "the refresh token was exchanged too often: use one that came of it");
}

/** Whether it was not spent before. */
async function spend(tx: Transaction<Tables>, hash: string, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("refresh_tokens")
    .set({ spent_at_ms: nowMs })
    .where("token_hash", "=", hash)
    .where("spent_at_ms", "is", null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Logs out: the token and all that descend from the same login. An unknown token changes nothing. */
export const revokeRefreshTokenFamily = defineCommand({
  name: "refresh_token.revoke_family",
  payload: payloadOf({ token_hash: SecretHash }),
  apply: async (tx, p) => {
    const token = await tx
      .selectFrom("refresh_tokens")
      .select("family_id")
      .where("token_hash", "=", p.token_hash)
      .executeTakeFirst();
    return { revoked: token === undefined ? 0 : await deleteFamily(tx, token.family_id) };
  },
});

/** Deletes up to `limit` expired tokens, oldest first; call again while it purges as many as the limit. */
export const purgeExpiredRefreshTokens = defineCommand({
  name: "refresh_token.purge_expired",
  payload: payloadOf({ now_ms: TimeMs, limit: RowLimit }),
  apply: (tx, p) => purgeExpired(tx, "refresh_tokens", p),
});

async function deleteFamily(tx: Transaction<Tables>, familyId: string): Promise<number> {
  const deleted = await tx.deleteFrom("refresh_tokens").where("family_id", "=", familyId).executeTakeFirstOrThrow();
  return Number(deleted.numDeletedRows);
}
