-- A database as version 1 of the schema left it: made once, never changed. It must open and read for ever.
PRAGMA application_id = 1129138244;
CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
  );
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  sealed_secret BLOB NOT NULL,
  created_at_ms INTEGER NOT NULL
);
CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  family_id TEXT NOT NULL,
  issued_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  spent_at_ms INTEGER
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at_ms);
CREATE TABLE join_tokens (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  uses_left INTEGER NOT NULL
);
CREATE INDEX join_tokens_by_expiry ON join_tokens (expires_at_ms);
CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  operator_id TEXT NOT NULL REFERENCES users (id),
  api_key_hash TEXT NOT NULL UNIQUE,
  declared_state TEXT NOT NULL,
  addresses TEXT NOT NULL,
  labels TEXT NOT NULL,
  capacity_bytes INTEGER NOT NULL,
  used_bytes INTEGER NOT NULL,
  free_bytes INTEGER NOT NULL,
  chunk_count INTEGER NOT NULL,
  version TEXT NOT NULL,
  joined_at_ms INTEGER NOT NULL,
  last_heartbeat_at_ms INTEGER NOT NULL
);
CREATE TABLE files (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  chunk_size_bytes INTEGER NOT NULL,
  chunk_count INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  state TEXT NOT NULL,
  media_type TEXT NOT NULL,
  content_id TEXT,
  sealed_key BLOB NOT NULL,
  created_at_ms INTEGER NOT NULL,
  completed_at_ms INTEGER,
  deleted_at_ms INTEGER
);
CREATE INDEX files_by_owner_name ON files (owner_id, state, name, id);
CREATE INDEX files_by_owner_time ON files (owner_id, state, completed_at_ms, id);
CREATE INDEX files_by_owner_size ON files (owner_id, state, size_bytes, id);
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  file_id TEXT NOT NULL UNIQUE REFERENCES files (id),
  owner_id TEXT NOT NULL REFERENCES users (id),
  expected_sha256 TEXT,
  expected_md5 TEXT,
  reserved_microcredits INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at_ms);
CREATE INDEX uploads_by_owner ON uploads (owner_id);
CREATE TABLE chunks (
  name TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES users (id),
  sealed_length INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
);
CREATE TABLE file_chunks (
  file_id TEXT NOT NULL REFERENCES files (id),
  chunk_index INTEGER NOT NULL,
  chunk_name TEXT NOT NULL REFERENCES chunks (name),
  plain_length INTEGER NOT NULL,
  sealed_entry BLOB NOT NULL,
  PRIMARY KEY (file_id, chunk_index)
);
CREATE INDEX file_chunks_by_chunk ON file_chunks (chunk_name);
CREATE TABLE assignments (
  chunk_name TEXT NOT NULL REFERENCES chunks (name),
  node_id TEXT NOT NULL REFERENCES nodes (id),
  state TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (chunk_name, node_id)
);
CREATE INDEX assignments_by_node ON assignments (node_id, state, chunk_name);
CREATE TABLE ledger_accounts (
  id TEXT PRIMARY KEY,
  balance_microcredits INTEGER NOT NULL
);
CREATE TABLE ledger_transactions (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  reference TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX ledger_payments ON ledger_transactions (reference) WHERE kind = 'purchase';
CREATE TABLE ledger_entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  transaction_id TEXT NOT NULL REFERENCES ledger_transactions (id),
  account_id TEXT NOT NULL REFERENCES ledger_accounts (id),
  amount_microcredits INTEGER NOT NULL
);
CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id, id);
CREATE INDEX ledger_entries_by_transaction ON ledger_entries (transaction_id);
INSERT INTO schema_migrations VALUES (1, 'foundation', 1767225600000);
INSERT INTO users VALUES ('0192f0c1-0000-7000-8000-000000000001', 'ada@example.org', 'Ada', 'admin', '$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8', x'01000102030405', 1767225600001);
INSERT INTO refresh_tokens VALUES ('978447fd1657238b2dfc8b928c470df454143c1a34ad057627d406e58db2b429', '0192f0c1-0000-7000-8000-000000000001', 'family', 1767225600002, 1767225700002, NULL);
INSERT INTO refresh_tokens VALUES ('4d110aff2deb579d9db7cfaca467dfe9c9aae3f37d3dffe829694f94c4c8c6bf', '0192f0c1-0000-7000-8000-000000000001', 'family', 1767225600001, 1767225700001, 1767225600002);
INSERT INTO join_tokens VALUES ('f85c9ac4d7570413b4876b16d4d0f1843266030d51e121707dcdef7735c7de00', '0192f0c1-0000-7000-8000-000000000001', 1767225600003, 1767312000003, 7);
INSERT INTO nodes VALUES ('12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7', 'attic', '0192f0c1-0000-7000-8000-000000000001', '85422a6275e5489f4623c6f585dd2bc603ef60b01ea19eb26c7fa2551a97ec31', 'active', '["/ip4/192.0.2.7/tcp/4001"]', '{"site":"home"}', 9007199254740991, 42, 9007199254740949, 1, '0.1.0', 1767225600004, 1767225600005);
INSERT INTO files VALUES ('0192f0c1-0000-7000-8000-00000000000f', '0192f0c1-0000-7000-8000-000000000001', 'école.txt', 10, 262144, 1, 3, 'complete', 'text/plain', 'cd63a38582a875e93af04b4879f4702be96328aa5a828d958d49602e8f97bd33', x'01ff00', 1767225600006, 1767225600007, NULL);
INSERT INTO files VALUES ('0192f0c1-0000-7000-8000-0000000000ff', '0192f0c1-0000-7000-8000-000000000001', 'unfinished', -1, 4194304, 0, 3, 'uploading', 'application/octet-stream', NULL, x'01fe', 1767225600008, NULL, NULL);
INSERT INTO uploads VALUES ('0192f0c1-0000-7000-8000-00000000aaaa', '0192f0c1-0000-7000-8000-0000000000ff', '0192f0c1-0000-7000-8000-000000000001', 'cd63a38582a875e93af04b4879f4702be96328aa5a828d958d49602e8f97bd33', NULL, 9007199254740993, 1767225600008, 1767830400008);
INSERT INTO chunks VALUES ('8568b21b05aeec8dd8e0960375792be613b1413bf2cf620aa9431944ed1d4909', '0192f0c1-0000-7000-8000-000000000001', 26, 3, 1767225600006);
INSERT INTO file_chunks VALUES ('0192f0c1-0000-7000-8000-00000000000f', 0, '8568b21b05aeec8dd8e0960375792be613b1413bf2cf620aa9431944ed1d4909', 10, x'01000102');
INSERT INTO assignments VALUES ('8568b21b05aeec8dd8e0960375792be613b1413bf2cf620aa9431944ed1d4909', '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7', 'active', 1767225600007);
INSERT INTO ledger_accounts VALUES ('user:0192f0c1-0000-7000-8000-000000000001:available', 9007199254740993);
INSERT INTO ledger_accounts VALUES ('system:issued', -9007199254740993);
INSERT INTO ledger_transactions VALUES ('t1', 'purchase', '9007199254.740993 credits', 'payment-1', 1767225600001);
INSERT INTO ledger_entries VALUES (1, 't1', 'user:0192f0c1-0000-7000-8000-000000000001:available', 9007199254740993);
INSERT INTO ledger_entries VALUES (2, 't1', 'system:issued', -9007199254740993);
