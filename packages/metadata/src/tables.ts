import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import type { Generated } from "kysely";
import type { AdministrationTables } from "./administration-tables.ts";
import type { EconomyTables } from "./economy-tables.ts";
import type { FolderTables } from "./folder-tables.ts";
import type { ShareTables } from "./share-tables.ts";

/**
 * The tables as Kysely sees them. Times are milliseconds since 1970 (`_at_ms`), money is bigint micro-credits
 * (`_microcredits`), ids are text, secrets are sealed before they come here (`sealed_`).
 */
export interface Tables extends AdministrationTables, EconomyTables, FolderTables, ShareTables {
  users: UsersTable;
  refresh_tokens: RefreshTokensTable;
  join_tokens: JoinTokensTable;
  nodes: NodesTable;
  files: FilesTable;
  uploads: UploadsTable;
  file_chunks: FileChunksTable;
  chunks: ChunksTable;
  assignments: AssignmentsTable;
  file_pins: FilePinsTable;
  deletions: DeletionsTable;
  counters: CountersTable;
  job_settings: JobSettingsTable;
  node_events: NodeEventsTable;
  ledger_accounts: LedgerAccountsTable;
  ledger_transactions: LedgerTransactionsTable;
  ledger_entries: LedgerEntriesTable;
}

export type Role = "user" | "operator" | "admin";

interface UsersTable {
  id: string;
  /** Lower case, unique. */
  email: string;
  name: string;
  role: Role;
  /** PHC text of Argon2id. */
  password_hash: string;
  /** The owner's secret from which chunk keys derive, sealed under the coordinator's master key. */
  sealed_secret: Uint8Array;
  created_at_ms: number;
  /** Since when the owner owes; null where nothing is owed. */
  arrears_since_ms: Generated<number | null>;
  /** Since when the account is shut; null where it is open. */
  disabled_at_ms: Generated<number | null>;
}

interface RefreshTokensTable {
  /** SHA-256 of the token, hex; the token itself is never stored. */
  token_hash: string;
  user_id: string;
  /** All tokens descending from one login; reuse of a spent token revokes the family. */
  family_id: string;
  issued_at_ms: number;
  expires_at_ms: number;
  /** Set when the token was exchanged for its successor. */
  spent_at_ms: number | null;
}

interface JoinTokensTable {
  token_hash: string;
  /** The person whose disks join with it: the operator of the nodes. */
  user_id: string;
  created_at_ms: number;
  expires_at_ms: number;
  uses_left: number;
}

/** What the operator or the node itself last declared; whether it is alive follows from `last_heartbeat_at_ms`. */
export type NodeDeclaredState = "joining" | "active" | "draining" | "drained" | "banned";

interface NodesTable {
  id: string;
  name: string;
  operator_id: string;
  api_key_hash: string;
  declared_state: NodeDeclaredState;
  /** JSON array of multiaddrs. */
  addresses: string;
  /** JSON object of failure-domain labels: network, site, power, and the operator's own. */
  labels: string;
  capacity_bytes: number;
  used_bytes: number;
  free_bytes: number;
  chunk_count: number;
  version: string;
  joined_at_ms: number;
  last_heartbeat_at_ms: number;
}

/** deleted: out of sight, and may be restored · purging: what it uses is being let go, so that it cannot any more. */
export type FileState = "uploading" | "complete" | "deleted" | "purging";

/** 0 or 1. */
type Flag = number;

interface FilesTable {
  id: string;
  owner_id: string;
  /** One segment of a path; of an upload under way, a path below its folder. */
  name: string;
  /** -1 while an upload of unknown length is under way. */
  size_bytes: number;
  chunk_size_bytes: number;
  chunk_count: number;
  copies: number;
  /** Rank of the priority, 0 for the least; that of "normal" where it is not given. */
  priority: Generated<number>;
  /** Whether it has pins. */
  pinned: Generated<Flag>;
  state: FileState;
  media_type: string;
  /** Hex; null until complete. */
  content_id: string | null;
  /** The file's key, sealed under the coordinator's master key (managed mode). */
  sealed_key: Uint8Array;
  created_at_ms: number;
  completed_at_ms: number | null;
  deleted_at_ms: number | null;
  /** What was paid for it in advance last: in parts it is given back when the file is deleted, and taken again on restore. */
  deposit_microcredits: Generated<bigint>;
  /** When it was paid; null where nothing was. */
  deposit_at_ms: Generated<number | null>;
  /** Null: in the root. */
  folder_id: string | null;
  /** What all versions of a file share: the id of the first, unless it was taken apart from others. */
  entry_id: string;
  /** From 1; of two versions of an entry the higher is the newer. */
  version: Generated<number>;
  /** The newest version of its entry; of one that is complete, the one that lists show. 0 while it is uploaded. */
  is_current: Generated<Flag>;
  /** The folder with which it was deleted; null where it was deleted by itself, or with the rest of its entry. */
  deleted_with: Generated<string | null>;
  /** Of a deleted version that was none of the newest: the entry to which it belonged. */
  version_of: Generated<string | null>;
}

interface UploadsTable {
  id: string;
  file_id: string;
  owner_id: string;
  /** Hex digests of the whole plaintext that the client promised. */
  expected_sha256: string | null;
  expected_md5: string | null;
  reserved_microcredits: bigint;
  created_at_ms: number;
  expires_at_ms: number;
}

interface FileChunksTable {
  file_id: string;
  chunk_index: number;
  chunk_name: string;
  plain_length: number;
  /** Chunk key, SHA-256 of the plaintext and codec, sealed under the file's key. */
  sealed_entry: Uint8Array;
}

interface ChunksTable {
  name: string;
  /** Deduplication happens within this owner's chunks only. */
  owner_id: string;
  sealed_length: number;
  /** The most that a file which uses it asks for; 1 where none does. */
  copies: number;
  /** The highest rank of a file which uses it; 0 where none does. */
  priority: Generated<number>;
  /** Whether a file that uses it has pins. */
  pinned: Generated<Flag>;
  /** The most copies that were promised of it in the day before `promised_until_ms`, when the promise was worked out anew. */
  promised_before: Generated<number>;
  /** To the minute; 0: it never was. */
  promised_until_ms: Generated<number>;
  created_at_ms: number;
}

interface AssignmentsTable {
  chunk_name: string;
  node_id: string;
  state: ReplicaState;
  /** When it came into this state, or was confirmed in it. */
  updated_at_ms: number;
  /** Since when it is held without a break, active or leaving; null while it is neither. */
  held_since_ms: Generated<number | null>;
}

/** All chunks of the file shall have a copy on this node. */
interface FilePinsTable {
  file_id: string;
  node_id: string;
}

/** file_deleted: no file uses the chunk · surplus: more copies than promised · stray: the node holds what nobody knows. */
export type DeletionReason = "file_deleted" | "surplus" | "stray";

/** A copy that has a row here has none in `assignments`. */
interface DeletionsTable {
  node_id: string;
  chunk_name: string;
  /** The node keeps what was stored under this epoch or a later one. */
  epoch: number;
  reason: DeletionReason;
  queued_at_ms: number;
  /** Null until the node confirmed it. From then on the row fences stores that began before it, until it is forgotten. */
  settled_at_ms: number | null;
}

interface CountersTable {
  /** `deletion_epoch`: the highest so far · `watched_until_ms`: until then a coordinator watched the nodes. */
  name: string;
  value: number;
}

interface JobSettingsTable {
  name: string;
  paused: Flag;
  /** JSON object: `bytes_per_second`, `concurrent`. */
  throttle: string | null;
}

/** The last changes of a node's status. */
interface NodeEventsTable {
  id: Generated<number>;
  node_id: string;
  at_ms: number;
  from_status: string;
  to_status: string;
  why: string;
}

interface LedgerAccountsTable {
  /**
   * `user:<id>:available`, `user:<id>:reserved`, `user:<id>:prepaid`, `debt:<user id>` (below zero: owed),
   * `node:<id>:pending`, `system:<purpose>`.
   */
  id: string;
  /** Cached sum of the account's entries, kept in the same transaction. */
  balance_microcredits: bigint;
  /** The last entry that the ledger check has added up, */
  checked_entry_id: Generated<number>;
  /** and the sum of all up to it. */
  checked_balance_microcredits: Generated<bigint>;
}

interface LedgerTransactionsTable {
  id: string;
  kind: string;
  description: string;
  /** What it is about: an upload, a file, a payment; text id. */
  reference: string;
  created_at_ms: number;
}

interface LedgerEntriesTable {
  id: Generated<number>;
  transaction_id: string;
  account_id: string;
  /** Positive: the account gains. The entries of a transaction add up to zero. */
  amount_microcredits: bigint;
}
