import type { Migration } from "./migration.ts";

/** Links by which files can be read without an account. */
export const shares: Migration = {
  version: 5,
  name: "shares",
  statements: ({ int64, bytes, clustered }) => [
    `CREATE TABLE shares (
      id TEXT PRIMARY KEY NOT NULL,
      entry_id TEXT NOT NULL,
      owner_id TEXT NOT NULL REFERENCES users (id),
      token_hash TEXT NOT NULL UNIQUE,
      sealed_token ${bytes} NOT NULL,
      password_hash TEXT,
      expires_at_ms ${int64},
      downloads_max ${int64},
      downloads ${int64} NOT NULL DEFAULT 0,
      is_sealed ${int64} NOT NULL,
      created_at_ms ${int64} NOT NULL
    )`,
    "CREATE INDEX shares_by_owner ON shares (owner_id, created_at_ms, id)",
    "CREATE INDEX shares_by_entry ON shares (entry_id, created_at_ms, id)",
    "CREATE INDEX shares_by_expiry ON shares (expires_at_ms, id) WHERE expires_at_ms IS NOT NULL",
    `CREATE TABLE share_uses (
      share_id TEXT NOT NULL REFERENCES shares (id),
      ticket_id TEXT NOT NULL,
      expires_at_ms ${int64} NOT NULL,
      PRIMARY KEY (share_id, ticket_id)
    ) ${clustered}`,
    "CREATE INDEX share_uses_by_expiry ON share_uses (expires_at_ms)",
  ],
};
