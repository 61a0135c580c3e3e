import type { Migration } from "./migration.ts";

/** Accounts that are shut, the log of what admins did, and what the list of people needs. */
export const administration: Migration = {
  version: 6,
  name: "administration",
  statements: ({ int64, autoId }) => [
    `ALTER TABLE users ADD COLUMN disabled_at_ms ${int64}`,
    "CREATE INDEX users_by_role ON users (role, email)",
    "CREATE INDEX files_stored ON files (owner_id, size_bytes) WHERE state = 'complete'",
    `CREATE TABLE admin_actions (
      id ${autoId},
      at_ms ${int64} NOT NULL,
      actor_kind TEXT NOT NULL,
      actor_id TEXT NOT NULL,
      action TEXT NOT NULL,
      subject_kind TEXT NOT NULL,
      subject_id TEXT NOT NULL,
      details TEXT NOT NULL
    )`,
    "CREATE INDEX admin_actions_by_time ON admin_actions (at_ms, id)",
  ],
};
