import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.ts";

/** Deletes up to `limit` tokens whose time is over, oldest first. */
export async function purgeExpired(
  tx: Transaction<Tables>,
  table: "join_tokens" | "refresh_tokens",
  terms: { readonly now_ms: number; readonly limit: number },
): Promise<{ purged: number }> {
  const tokens = sql.table(table);
  const deleted = await sql`
    delete from ${tokens} where token_hash in (
      select token_hash from ${tokens} where expires_at_ms <= ${terms.now_ms}
      order by expires_at_ms, token_hash limit ${terms.limit}
    )`.execute(tx);
  return { purged: Number(deleted.numAffectedRows ?? 0n) };
}
