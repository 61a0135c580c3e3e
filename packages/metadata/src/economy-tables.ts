import type { Generated } from "kysely";

/** What audits, reputation, uptime and settlements keep; conventions as of `Tables`. */
export interface EconomyTables {
  ended_copies: EndedCopiesTable;
  node_absences: NodeAbsencesTable;
  watch_gaps: WatchGapsTable;
  node_reputations: NodeReputationsTable;
  audit_periods: AuditPeriodsTable;
  audit_challenges: AuditChallengesTable;
  node_days: NodeDaysTable;
  owner_days: OwnerDaysTable;
  settled_days: SettledDaysTable;
  node_payouts: NodePayoutsTable;
  payment_events: PaymentEventsTable;
}

/** 0 or 1. */
type Flag = number;

/** A copy that was held and is no more: what its node is paid for it, and its owner charged, until then. */
interface EndedCopiesTable {
  id: Generated<number>;
  node_id: string;
  chunk_name: string;
  owner_id: string;
  sealed_length: number;
  /** How many copies were promised of the chunk when this one ended. */
  promised: number;
  /** It was held from then */
  from_ms: number;
  /** until then, which may be before it was noticed; never before the UTC day of `ended_at_ms`, and later than `from_ms`. */
  to_ms: number;
  ended_at_ms: number;
}

/** A node was not heard of, from one heartbeat to the next. */
interface NodeAbsencesTable {
  node_id: string;
  from_ms: number;
  to_ms: number;
}

/** No coordinator watched: nobody is blamed for it. */
interface WatchGapsTable {
  from_ms: number;
  to_ms: number;
}

/** A node without a row begins afresh. */
interface NodeReputationsTable {
  node_id: string;
  audit_alpha: number;
  audit_beta: number;
  error_alpha: number;
  error_beta: number;
  passed_total: number;
  first_passed_at_ms: number | null;
  vetted_at_ms: number | null;
  suspended_at_ms: number | null;
  disqualified_at_ms: number | null;
  closer_look_until_ms: number | null;
}

/** A UTC day, "YYYY-MM-DD", whose seeds derive from one key. */
interface AuditPeriodsTable {
  day: string;
  /** SHA-256 of the key, hex. */
  commitment: string;
  /** Hex; null until the day is over. */
  key: string | null;
  opened_at_ms: number;
  revealed_at_ms: number | null;
}

interface AuditChallengesTable {
  /** 16 random bytes, hex. */
  id: string;
  node_id: string;
  day: string;
  window: number;
  number: number;
  /** The id of the first challenge about these leaves, hex. */
  selection_id: string;
  /** 1 for the first. */
  attempt: number;
  leaf_count: number;
  difficulty: number;
  /** 32 bytes each. */
  chunk_names: Uint8Array;
  issued_at_ms: number;
  deadline_at_ms: number;
  settled_at_ms: number | null;
  /** One letter a chunk, p w l o s r t e in the order of AUDIT_OUTCOMES; null until it is settled. */
  outcomes: string | null;
  /** Whether its silence was the last one allowed. */
  is_final: Generated<Flag>;
  /** Whether every chunk passed. */
  is_passed: Generated<Flag>;
  /** From the question to the answer, as the coordinator saw it. */
  duration_ms: number | null;
  /** As the node says. */
  node_us: number | null;
  detail: string | null;
}

/** A node in a UTC day; the counters of audits grow as it goes, the rest is written when it is settled. */
interface NodeDaysTable {
  node_id: string;
  day: string;
  /** Of the day, so much was watched while the node was a member; */
  observed_ms: Generated<number>;
  /** and in so much of that it was there. */
  online_ms: Generated<number>;
  /** Decimal text. */
  byte_ms: Generated<string>;
  audits_passed: Generated<number>;
  audits_wrong: Generated<number>;
  audits_lost: Generated<number>;
  audits_offline: Generated<number>;
  audits_silent: Generated<number>;
  audits_refused: Generated<number>;
  audits_late: Generated<number>;
  audits_error: Generated<number>;
  /** Challenges that were answered; the duration is the sum over these. */
  audit_answers: Generated<number>;
  audit_duration_ms_sum: Generated<number>;
  /** For a GB and month. */
  rate_microcredits: Generated<bigint>;
  gross_microcredits: Generated<bigint>;
  uptime_penalty_microcredits: Generated<bigint>;
  audit_penalty_microcredits: Generated<bigint>;
  net_microcredits: Generated<bigint>;
  settled_at_ms: Generated<number | null>;
}

interface OwnerDaysTable {
  owner_id: string;
  day: string;
  /** Decimal text. */
  byte_ms: string;
  /** For a GB and month. */
  price_microcredits: bigint;
  charged_microcredits: bigint;
  settled_at_ms: number;
}

/** Days in which every owner was charged and every node was paid. */
interface SettledDaysTable {
  day: string;
  owners: number;
  nodes: number;
  /** Of all nodes, as of all owners; decimal text. */
  byte_ms: string;
  charged_microcredits: bigint;
  net_microcredits: bigint;
  settled_at_ms: number;
}

interface NodePayoutsTable {
  node_id: string;
  /** "YYYY-MM" */
  month: string;
  amount_microcredits: bigint;
  paid_at_ms: number;
}

/** What a payment provider has told already. */
interface PaymentEventsTable {
  id: string;
  provider: string;
  kind: string;
  received_at_ms: number;
}
