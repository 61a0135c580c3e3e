import type { Tables } from "@commonhold/metadata/tables.ts";
import type { Kysely } from "kysely";
import { hashOpaqueToken } from "../accounts/opaque-token.ts";

/** What the link shows, or its id. */
export type ShareKey = { readonly token: string } | { readonly shareId: string };

/** A link whose file is there and whose owner's account is open; it may have expired. */
export function findShare(read: Kysely<Tables>, by: ShareKey) {
  return read
    .selectFrom("shares")
    .innerJoin("users", "users.id", "shares.owner_id")
    .innerJoin("files", "files.entry_id", "shares.entry_id")
    .select([
      "shares.id",
      "shares.owner_id",
      "shares.password_hash",
      "expires_at_ms",
      "downloads",
      "downloads_max",
      "is_sealed",
      "users.name as owner_name",
      "files.id as file_id",
    ])
    .where("users.disabled_at_ms", "is", null)
    .where("files.is_current", "=", 1)
    .where("files.state", "=", "complete")
    .where((eb) =>
      "token" in by ? eb("shares.token_hash", "=", hashOpaqueToken(by.token)) : eb("shares.id", "=", by.shareId),
    )
    .executeTakeFirst();
}
