import { AppError } from "@commonhold/core/app-error.ts";
import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, RowLimit, SecretHash, TimeMs } from "./payload-fields.ts";

const TimeOrNever = Type.Union([Type.Null(), TimeMs]);

/**
 * Makes a link to a file, whichever its current version is.
 * @throws AppError FILE_NOT_FOUND, TOO_MANY_SHARES
 */
export const createShare = defineCommand({
  name: "share.create",
  payload: payloadOf({
    id: Id,
    file_id: Id,
    owner_id: Id,
    token_hash: SecretHash,
    /** Base64. */
    sealed_token: Type.String({ pattern: "^[A-Za-z0-9+/]+={0,2}$", maxLength: 1_024 }),
    password_hash: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 1_024 })]),
    expires_at_ms: TimeOrNever,
    downloads_max: Type.Union([Type.Null(), Type.Integer({ minimum: 1 })]),
    is_sealed: Type.Boolean(),
    /** Of one file. */
    shares_max: Type.Integer({ minimum: 1 }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const file = await tx
      .selectFrom("files")
      .select("entry_id")
      .where("id", "=", p.file_id)
      .where("owner_id", "=", p.owner_id)
      .where("state", "=", "complete")
      .executeTakeFirst();
    if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${p.file_id}`);
    const { count } = await tx
      .selectFrom("shares")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("entry_id", "=", file.entry_id)
      .executeTakeFirstOrThrow();
    if (count >= p.shares_max) {
      const message = `this file has ${count} links already, and ${p.shares_max} are allowed: take some of them back`;
      throw new AppError("TOO_MANY_SHARES", message, { details: { shares_max: p.shares_max } });
    }
    await tx
      .insertInto("shares")
      .values({
        id: p.id,
        entry_id: file.entry_id,
        owner_id: p.owner_id,
        token_hash: p.token_hash,
        sealed_token: Buffer.from(p.sealed_token, "base64"),
        password_hash: p.password_hash,
        expires_at_ms: p.expires_at_ms,
        downloads_max: p.downloads_max,
        is_sealed: p.is_sealed ? 1 : 0,
        created_at_ms: p.now_ms,
      })
      .execute();
    return { entry_id: file.entry_id };
  },
});

/**
 * Takes a link back, and every ticket that it gave.
 * @throws AppError SHARE_NOT_FOUND
 */
export const revokeShare = defineCommand({
  name: "share.revoke",
  payload: payloadOf({ id: Id, owner_id: Id }),
  apply: async (tx, p) => {
    const share = await tx
      .selectFrom("shares")
      .select("id")
      .where("id", "=", p.id)
      .where("owner_id", "=", p.owner_id)
      .executeTakeFirst();
    if (share === undefined) throw new AppError("SHARE_NOT_FOUND", `you have no link ${p.id}`);
    await deleteShares(tx, [p.id]);
    return null;
  },
});

/**
 * Counts a download, once for a ticket.
 * @throws AppError SHARE_NOT_FOUND also once it has expired, SHARE_EXHAUSTED
 */
export const useShare = defineCommand({
  name: "share.use",
  payload: payloadOf({ id: Id, ticket_id: Id, ticket_expires_at_ms: TimeMs, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const share = await tx
      .selectFrom("shares")
      .select(["downloads", "downloads_max", "expires_at_ms"])
      .where("id", "=", p.id)
      .executeTakeFirst();
    if (share === undefined || (share.expires_at_ms ?? Number.POSITIVE_INFINITY) <= p.now_ms) {
      throw new AppError("SHARE_NOT_FOUND", "there is no such link, or it is no longer valid");
    }
    const used = await tx
      .selectFrom("share_uses")
      .select("ticket_id")
      .where("share_id", "=", p.id)
      .where("ticket_id", "=", p.ticket_id)
      .executeTakeFirst();
    if (used !== undefined) return { repeated: true };
    if (share.downloads_max !== null && share.downloads >= share.downloads_max) throw shareExhausted();
    await tx
      .insertInto("share_uses")
      .values({ share_id: p.id, ticket_id: p.ticket_id, expires_at_ms: p.ticket_expires_at_ms })
      .execute();
    await tx
      .updateTable("shares")
      .set({ downloads: share.downloads + 1 })
      .where("id", "=", p.id)
      .execute();
    return { repeated: false };
  },
});

/** Deletes up to `limit` used tickets whose time is over, and of links that expired before `expired_before_ms`. */
export const purgeExpiredShares = defineCommand({
  name: "share.purge_expired",
  payload: payloadOf({ now_ms: TimeMs, expired_before_ms: TimeMs, limit: RowLimit }),
  apply: async (tx, p) => {
    const uses = await sql`
      delete from share_uses where (share_id, ticket_id) in (
        select share_id, ticket_id from share_uses where expires_at_ms <= ${p.now_ms}
        order by expires_at_ms limit ${p.limit}
      )`.execute(tx);
    const expired = await tx
      .selectFrom("shares")
      .select("id")
      .where("expires_at_ms", "<", p.expired_before_ms)
      .orderBy("expires_at_ms")
      .limit(p.limit)
      .execute();
    await deleteShares(
      tx,
      expired.map(({ id }) => id),
    );
    return { purged: Math.max(Number(uses.numAffectedRows ?? 0n), expired.length) };
  },
});

/** A file of which no version is left has no links. */
export async function deleteSharesOfEntry(tx: Transaction<Tables>, entryId: string): Promise<void> {
  const left = await tx.selectFrom("files").select("id").where("entry_id", "=", entryId).limit(1).executeTakeFirst();
  if (left !== undefined) return;
  const shares = await tx.selectFrom("shares").select("id").where("entry_id", "=", entryId).execute();
  await deleteShares(
    tx,
    shares.map(({ id }) => id),
  );
}

async function deleteShares(tx: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom("share_uses").where("share_id", "in", ids).execute();
  await tx.deleteFrom("shares").where("id", "in", ids).execute();
}

function shareExhausted(): AppError {
  return new AppError("SHARE_EXHAUSTED", "this link was used as often as it may be: ask whoever gave it for another");
}
