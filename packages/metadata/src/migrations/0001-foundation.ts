import type { ColumnTypes, Migration } from "./migration.ts";

export const foundation: Migration = {
  version: 1,
  name: "foundation",
  statements: (types) => [
    ...accountTables(types),
    ...nodeTables(types),
    ...fileTables(types),
    ...chunkTables(types),
    ...ledgerTables(types),
  ],
};

function accountTables({ int64, bytes }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE users (
      id TEXT PRIMARY KEY,
      email TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      role TEXT NOT NULL,
      password_hash TEXT NOT NULL,
      sealed_secret ${bytes} NOT NULL,
      created_at_ms ${int64} NOT NULL
    )`,
    `CREATE TABLE refresh_tokens (
      token_hash TEXT PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id),
      family_id TEXT NOT NULL,
      issued_at_ms ${int64} NOT NULL,
      expires_at_ms ${int64} NOT NULL,
      spent_at_ms ${int64}
    )`,
    "CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id)",
    "CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user_id)",
    "CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at_ms)",
    `CREATE TABLE join_tokens (
      token_hash TEXT PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id),
      created_at_ms ${int64} NOT NULL,
      expires_at_ms ${int64} NOT NULL,
      uses_left ${int64} NOT NULL
    )`,
    "CREATE INDEX join_tokens_by_expiry ON join_tokens (expires_at_ms)",
  ];
}

function nodeTables({ int64 }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE nodes (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      operator_id TEXT NOT NULL REFERENCES users (id),
      api_key_hash TEXT NOT NULL UNIQUE,
      declared_state TEXT NOT NULL,
      addresses TEXT NOT NULL,
      labels TEXT NOT NULL,
      capacity_bytes ${int64} NOT NULL,
      used_bytes ${int64} NOT NULL,
      free_bytes ${int64} NOT NULL,
      chunk_count ${int64} NOT NULL,
      version TEXT NOT NULL,
      joined_at_ms ${int64} NOT NULL,
      last_heartbeat_at_ms ${int64} NOT NULL
    )`,
  ];
}

function fileTables({ int64, bytes }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE files (
      id TEXT PRIMARY KEY,
      owner_id TEXT NOT NULL REFERENCES users (id),
      name TEXT NOT NULL,
      size_bytes ${int64} NOT NULL,
      chunk_size_bytes ${int64} NOT NULL,
      chunk_count ${int64} NOT NULL,
      copies ${int64} NOT NULL,
      state TEXT NOT NULL,
      media_type TEXT NOT NULL,
      content_id TEXT,
      sealed_key ${bytes} NOT NULL,
      created_at_ms ${int64} NOT NULL,
      completed_at_ms ${int64},
      deleted_at_ms ${int64}
    )`,
    "CREATE INDEX files_by_owner_name ON files (owner_id, state, name, id)",
    "CREATE INDEX files_by_owner_time ON files (owner_id, state, completed_at_ms, id)",
    "CREATE INDEX files_by_owner_size ON files (owner_id, state, size_bytes, id)",
    `CREATE TABLE uploads (
      id TEXT PRIMARY KEY,
      file_id TEXT NOT NULL UNIQUE REFERENCES files (id),
      owner_id TEXT NOT NULL REFERENCES users (id),
      expected_sha256 TEXT,
      expected_md5 TEXT,
      reserved_microcredits ${int64} NOT NULL,
      created_at_ms ${int64} NOT NULL,
      expires_at_ms ${int64} NOT NULL
    )`,
    "CREATE INDEX uploads_by_expiry ON uploads (expires_at_ms)",
    "CREATE INDEX uploads_by_owner ON uploads (owner_id)",
  ];
}

function chunkTables({ int64, bytes }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE chunks (
      name TEXT PRIMARY KEY,
      owner_id TEXT NOT NULL REFERENCES users (id),
      sealed_length ${int64} NOT NULL,
      copies ${int64} NOT NULL,
      created_at_ms ${int64} NOT NULL
    )`,
    `CREATE TABLE file_chunks (
      file_id TEXT NOT NULL REFERENCES files (id),
      chunk_index ${int64} NOT NULL,
      chunk_name TEXT NOT NULL REFERENCES chunks (name),
      plain_length ${int64} NOT NULL,
      sealed_entry ${bytes} NOT NULL,
      PRIMARY KEY (file_id, chunk_index)
    )`,
    "CREATE INDEX file_chunks_by_chunk ON file_chunks (chunk_name)",
    `CREATE TABLE assignments (
      chunk_name TEXT NOT NULL REFERENCES chunks (name),
      node_id TEXT NOT NULL REFERENCES nodes (id),
      state TEXT NOT NULL,
      updated_at_ms ${int64} NOT NULL,
      PRIMARY KEY (chunk_name, node_id)
    )`,
    "CREATE INDEX assignments_by_node ON assignments (node_id, state, chunk_name)",
  ];
}

function ledgerTables({ int64, autoId }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE ledger_accounts (
      id TEXT PRIMARY KEY,
      balance_microcredits ${int64} NOT NULL
    )`,
    `CREATE TABLE ledger_transactions (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      description TEXT NOT NULL,
      reference TEXT NOT NULL,
      created_at_ms ${int64} NOT NULL
    )`,
    "CREATE UNIQUE INDEX ledger_payments ON ledger_transactions (reference) WHERE kind = 'purchase'",
    `CREATE TABLE ledger_entries (
      id ${autoId},
      transaction_id TEXT NOT NULL REFERENCES ledger_transactions (id),
      account_id TEXT NOT NULL REFERENCES ledger_accounts (id),
      amount_microcredits ${int64} NOT NULL
    )`,
    "CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id, id)",
    "CREATE INDEX ledger_entries_by_transaction ON ledger_entries (transaction_id)",
  ];
}
