import type { ColumnTypes, Migration } from "./migration.ts";

/** What audits, reputation, uptime, and the accounts of owners and nodes need. */
export const economy: Migration = {
  version: 3,
  name: "economy",
  statements: (types) => [
    ...extendTables(types),
    ...presenceTables(types),
    ...auditTables(types),
    ...dayTables(types),
    ...paymentTables(types),
  ],
};

function extendTables({ int64 }: ColumnTypes): readonly string[] {
  return [
    `ALTER TABLE assignments ADD COLUMN held_since_ms ${int64}`,
    // Since when exactly was not kept until now.
    "UPDATE assignments SET held_since_ms = updated_at_ms WHERE state IN ('active', 'leaving')",
    `ALTER TABLE users ADD COLUMN arrears_since_ms ${int64}`,
    `ALTER TABLE files ADD COLUMN deposit_microcredits ${int64} NOT NULL DEFAULT 0`,
    `ALTER TABLE files ADD COLUMN deposit_at_ms ${int64}`,
    `ALTER TABLE chunks ADD COLUMN promised_before ${int64} NOT NULL DEFAULT 0`,
    `ALTER TABLE chunks ADD COLUMN promised_until_ms ${int64} NOT NULL DEFAULT 0`,
    `ALTER TABLE ledger_accounts ADD COLUMN checked_entry_id ${int64} NOT NULL DEFAULT 0`,
    `ALTER TABLE ledger_accounts ADD COLUMN checked_balance_microcredits ${int64} NOT NULL DEFAULT 0`,
  ];
}

function presenceTables({ int64, autoId, clustered }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE ended_copies (
      id ${autoId},
      node_id TEXT NOT NULL REFERENCES nodes (id),
      chunk_name TEXT NOT NULL,
      owner_id TEXT NOT NULL REFERENCES users (id),
      sealed_length ${int64} NOT NULL,
      promised ${int64} NOT NULL,
      from_ms ${int64} NOT NULL,
      to_ms ${int64} NOT NULL,
      ended_at_ms ${int64} NOT NULL
    )`,
    "CREATE INDEX ended_copies_by_chunk ON ended_copies (chunk_name, to_ms)",
    "CREATE INDEX ended_copies_by_time ON ended_copies (ended_at_ms)",
    `CREATE TABLE node_absences (
      node_id TEXT NOT NULL REFERENCES nodes (id),
      from_ms ${int64} NOT NULL,
      to_ms ${int64} NOT NULL,
      PRIMARY KEY (node_id, from_ms)
    ) ${clustered}`,
    "CREATE INDEX node_absences_by_time ON node_absences (to_ms)",
    `CREATE TABLE watch_gaps (
      from_ms ${int64} PRIMARY KEY NOT NULL,
      to_ms ${int64} NOT NULL
    )`,
  ];
}

function auditTables({ int64, float64, bytes }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE node_reputations (
      node_id TEXT PRIMARY KEY NOT NULL REFERENCES nodes (id),
      audit_alpha ${float64} NOT NULL,
      audit_beta ${float64} NOT NULL,
      error_alpha ${float64} NOT NULL,
      error_beta ${float64} NOT NULL,
      passed_total ${int64} NOT NULL,
      first_passed_at_ms ${int64},
      vetted_at_ms ${int64},
      suspended_at_ms ${int64},
      disqualified_at_ms ${int64},
      closer_look_until_ms ${int64}
    )`,
    `CREATE TABLE audit_periods (
      day TEXT PRIMARY KEY NOT NULL,
      commitment TEXT NOT NULL,
      "key" TEXT,
      opened_at_ms ${int64} NOT NULL,
      revealed_at_ms ${int64}
    )`,
    // "window" is a word of SQL.
    `CREATE TABLE audit_challenges (
      id TEXT PRIMARY KEY NOT NULL,
      node_id TEXT NOT NULL REFERENCES nodes (id),
      day TEXT NOT NULL,
      "window" ${int64} NOT NULL,
      number ${int64} NOT NULL,
      selection_id TEXT NOT NULL,
      attempt ${int64} NOT NULL,
      leaf_count ${int64} NOT NULL,
      difficulty ${int64} NOT NULL,
      chunk_names ${bytes} NOT NULL,
      issued_at_ms ${int64} NOT NULL,
      deadline_at_ms ${int64} NOT NULL,
      settled_at_ms ${int64},
      outcomes TEXT,
      is_final ${int64} NOT NULL DEFAULT 0,
      is_passed ${int64} NOT NULL DEFAULT 0,
      duration_ms ${int64},
      node_us ${int64},
      detail TEXT
    )`,
    "CREATE INDEX audit_challenges_by_node ON audit_challenges (node_id, issued_at_ms)",
    "CREATE INDEX audit_challenges_open ON audit_challenges (issued_at_ms) WHERE settled_at_ms IS NULL",
    "CREATE INDEX audit_challenges_by_age ON audit_challenges (is_passed, issued_at_ms)",
  ];
}

const OUTCOME_COUNTERS = ["passed", "wrong", "lost", "offline", "silent", "refused", "late", "error"];

function dayTables({ int64, clustered }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE node_days (
      node_id TEXT NOT NULL REFERENCES nodes (id),
      day TEXT NOT NULL,
      observed_ms ${int64} NOT NULL DEFAULT 0,
      online_ms ${int64} NOT NULL DEFAULT 0,
      byte_ms TEXT NOT NULL DEFAULT '0',
      ${OUTCOME_COUNTERS.map((outcome) => `audits_${outcome} ${int64} NOT NULL DEFAULT 0,`).join("\n")}
      audit_answers ${int64} NOT NULL DEFAULT 0,
      audit_duration_ms_sum ${int64} NOT NULL DEFAULT 0,
      rate_microcredits ${int64} NOT NULL DEFAULT 0,
      gross_microcredits ${int64} NOT NULL DEFAULT 0,
      uptime_penalty_microcredits ${int64} NOT NULL DEFAULT 0,
      audit_penalty_microcredits ${int64} NOT NULL DEFAULT 0,
      net_microcredits ${int64} NOT NULL DEFAULT 0,
      settled_at_ms ${int64},
      PRIMARY KEY (node_id, day)
    ) ${clustered}`,
    "CREATE INDEX node_days_by_day ON node_days (day)",
    `CREATE TABLE owner_days (
      owner_id TEXT NOT NULL REFERENCES users (id),
      day TEXT NOT NULL,
      byte_ms TEXT NOT NULL,
      price_microcredits ${int64} NOT NULL,
      charged_microcredits ${int64} NOT NULL,
      settled_at_ms ${int64} NOT NULL,
      PRIMARY KEY (owner_id, day)
    ) ${clustered}`,
    "CREATE INDEX owner_days_by_day ON owner_days (day)",
    `CREATE TABLE settled_days (
      day TEXT PRIMARY KEY NOT NULL,
      owners ${int64} NOT NULL,
      nodes ${int64} NOT NULL,
      byte_ms TEXT NOT NULL,
      charged_microcredits ${int64} NOT NULL,
      net_microcredits ${int64} NOT NULL,
      settled_at_ms ${int64} NOT NULL
    )`,
  ];
}

function paymentTables({ int64, clustered }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE node_payouts (
      node_id TEXT NOT NULL REFERENCES nodes (id),
      month TEXT NOT NULL,
      amount_microcredits ${int64} NOT NULL,
      paid_at_ms ${int64} NOT NULL,
      PRIMARY KEY (node_id, month)
    ) ${clustered}`,
    `CREATE TABLE payment_events (
      id TEXT PRIMARY KEY NOT NULL,
      provider TEXT NOT NULL,
      kind TEXT NOT NULL,
      received_at_ms ${int64} NOT NULL
    )`,
    "CREATE INDEX payment_events_by_time ON payment_events (received_at_ms)",
  ];
}
