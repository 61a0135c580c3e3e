import { AppError } from "@commonhold/core/app-error.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, sql } from "kysely";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { ShareQuery } from "./share-service.ts";

const CURSOR = "shares";

/** A page of links, newest first, with the current versions of their files. */
export async function listShares(read: Kysely<Tables>, ownerId: UserId, query: ShareQuery) {
  let select = read
    .selectFrom("shares")
    .leftJoin("files", (join) =>
      join
        .onRef("files.entry_id", "=", "shares.entry_id")
        .on("files.is_current", "=", 1)
        .on("files.state", "=", "complete"),
    )
    .select([
      "shares.id",
      "shares.sealed_token",
      "expires_at_ms",
      "downloads",
      "downloads_max",
      "is_sealed",
      "shares.created_at_ms",
      "files.id as file_id",
      "files.name",
      sql<number>`password_hash is not null`.as("has_password"),
    ])
    .where("shares.owner_id", "=", ownerId)
    .orderBy("shares.created_at_ms", "desc")
    .orderBy("shares.id", "desc")
    .limit(query.limit + 1);
  if (query.fileId !== undefined) {
    const entryId = await entryOf(read, ownerId, query.fileId);
    select = select.where("shares.entry_id", "=", entryId);
  }
  if (query.cursor !== undefined) {
    const [createdAtMs, id] = decodeCursor(query.cursor, CURSOR, ["number", "text"]);
    select = select.where((eb) => eb(eb.refTuple("shares.created_at_ms", "shares.id"), "<", eb.tuple(createdAtMs, id)));
  }
  const rows = await select.execute();
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    rows: rows.slice(0, query.limit),
    nextCursor: last === undefined ? null : encodeCursor(CURSOR, [last.created_at_ms, last.id]),
  };
}

async function entryOf(read: Kysely<Tables>, ownerId: UserId, fileId: string): Promise<string> {
  const file = await read
    .selectFrom("files")
    .select("entry_id")
    .where("id", "=", fileId)
    .where("owner_id", "=", ownerId)
    .where("state", "in", ["complete", "deleted"])
    .executeTakeFirst();
  if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${fileId}`);
  return file.entry_id;
}
