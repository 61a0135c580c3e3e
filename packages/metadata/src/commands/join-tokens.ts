import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, RowLimit, SecretHash, TimeMs } from "./payload-fields.ts";
import { purgeExpired } from "./purge-expired.ts";
import { requireUser } from "./require-user.ts";

/** @throws AppError NOT_FOUND for an unknown user */
export const createJoinToken = defineCommand({
  name: "join_token.create",
  payload: payloadOf({
    token_hash: SecretHash,
    /** The operator of the nodes that join with it. */
    user_id: Id,
    created_at_ms: TimeMs,
    expires_at_ms: TimeMs,
    uses: Type.Integer({ minimum: 1, maximum: 10_000 }),
  }),
  apply: async (tx, p) => {
    await requireUser(tx, p.user_id);
    const { uses, ...token } = p;
    await tx
      .insertInto("join_tokens")
      .values({ ...token, uses_left: uses })
      .execute();
    return null;
  },
});

/** Deletes up to `limit` expired tokens, oldest first; call again while it purges as many as the limit. */
export const purgeExpiredJoinTokens = defineCommand({
  name: "join_token.purge_expired",
  payload: payloadOf({ now_ms: TimeMs, limit: RowLimit }),
  apply: (tx, p) => purgeExpired(tx, "join_tokens", p),
});

/**
 * Takes one use of a token.
 * @returns the operator who made it
 * @throws AppError INVALID_JOIN_TOKEN when it is unknown, expired or used up, or its account is shut
 */
export async function consumeJoinToken(tx: Transaction<Tables>, tokenHash: string, nowMs: number): Promise<string> {
  const token = await tx
    .selectFrom("join_tokens")
    .innerJoin("users", "users.id", "join_tokens.user_id")
    .select(["user_id", "expires_at_ms", "disabled_at_ms"])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
  if (token === undefined) throw refusedJoinToken("is not known");
  if (token.expires_at_ms <= nowMs) throw refusedJoinToken("has expired");
  if (token.disabled_at_ms !== null) throw refusedJoinToken("is of an account that is shut");
  const consumed = await tx
    .updateTable("join_tokens")
    .set((eb) => ({ uses_left: eb("uses_left", "-", 1) }))
    .where("token_hash", "=", tokenHash)
    .where("uses_left", ">", 0)
    .executeTakeFirstOrThrow();
  if (consumed.numUpdatedRows === 0n) throw refusedJoinToken("was used as often as it may be");
  return token.user_id;
}

function refusedJoinToken(reason: string): AppError {
  return new AppError("INVALID_JOIN_TOKEN", `the join token ${reason}: ask the operator for a new one`);
}
