import {
  AUDIT_OUTCOMES,
  type AuditOutcome,
  countsForPay,
  decodeOutcomes,
  encodeOutcomes,
} from "@commonhold/core/audit/audit-outcome.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import type { Selectable } from "kysely";
import { readChunkNames } from "./metadata-audit-ledger.ts";

const SUMMARY_DAYS = 30;
const CHANGES_SHOWN = 10;
const STANDING_WORDS = ["vetting", "trusted", "suspended", "disqualified", "closer_look"];

/** A challenge as it was recorded. */
export interface RecordedAudit {
  readonly id: string;
  readonly day: string;
  readonly window: number;
  readonly number: number;
  readonly selectionId: string;
  readonly attempt: number;
  readonly leafCount: number;
  readonly difficulty: number;
  readonly chunkNames: readonly ChunkName[];
  readonly issuedAtMs: number;
  readonly settledAtMs: number | undefined;
  /** One for each chunk; undefined as long as it is not settled. */
  readonly outcomes: readonly (AuditOutcome | null)[] | undefined;
  readonly isFinal: boolean;
  readonly durationMs: number | undefined;
  readonly nodeUs: number | undefined;
  readonly detail: string | undefined;
}

export interface AuditQuery {
  readonly nodeId: NodeId;
  /** Only those of this UTC day. */
  readonly day?: string | undefined;
  /** Only those in which a chunk came to this; failed: to anything but passed. */
  readonly outcome?: AuditOutcome | "failed" | undefined;
  /** Older than this one. */
  readonly before?: { readonly issuedAtMs: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** Of the last 30 days; audits of single copies. */
export interface AuditSummary {
  readonly counts: Readonly<Record<AuditOutcome, number>>;
  /** Of all that count for pay; undefined where there is none. */
  readonly successRate: number | undefined;
  /** Of challenges that were answered, on average. */
  readonly latencyMs: number | undefined;
}

export interface StandingEvent {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface AuditPeriodRow {
  readonly day: string;
  readonly commitment: string;
  readonly key: string | undefined;
  readonly openedAtMs: number;
  readonly revealedAtMs: number | undefined;
}

/** What was recorded of audits. */
export interface AuditHistory {
  /** Newest first. */
  audits(query: AuditQuery): Promise<readonly RecordedAudit[]>;
  summary(nodeId: NodeId): Promise<AuditSummary>;
  /** The last changes of a node's standing, newest first. */
  changes(nodeId: NodeId): Promise<readonly StandingEvent[]>;
  /** Newest first. */
  periods(page: { readonly before?: string | undefined; readonly limit: number }): Promise<readonly AuditPeriodRow[]>;
}

export function createAuditHistory({
  metadata,
  clock,
}: {
  readonly metadata: Pick<Metadata, "read">;
  readonly clock: Pick<Clock, "nowMs">;
}): AuditHistory {
  return {
    audits: (query) => readAudits(metadata, query),
    summary: (nodeId) =>
      readSummary(metadata, nodeId, utcDayOf(Math.max(0, clock.nowMs() - (SUMMARY_DAYS - 1) * DAY_MS))),
    changes: async (nodeId) => {
      const rows = await metadata.read
        .selectFrom("node_events")
        .select(["at_ms", "from_status", "to_status", "why"])
        .where("node_id", "=", nodeId)
        .where("to_status", "in", STANDING_WORDS)
        .orderBy("at_ms", "desc")
        .limit(CHANGES_SHOWN)
        .execute();
      return rows.map((row) => ({ atMs: row.at_ms, from: row.from_status, to: row.to_status, why: row.why }));
    },
    periods: async ({ before, limit }) => {
      const all = metadata.read.selectFrom("audit_periods").selectAll().orderBy("day", "desc").limit(limit);
      const rows = await (before === undefined ? all : all.where("day", "<", before)).execute();
      return rows.map((row) => ({
        day: row.day,
        commitment: row.commitment,
        key: row.key ?? undefined,
        openedAtMs: row.opened_at_ms,
        revealedAtMs: row.revealed_at_ms ?? undefined,
      }));
    },
  };
}

async function readAudits(metadata: Pick<Metadata, "read">, query: AuditQuery): Promise<readonly RecordedAudit[]> {
  const { nodeId, day, outcome, before, limit } = query;
  let rows = metadata.read
    .selectFrom("audit_challenges")
    .selectAll()
    .where("node_id", "=", nodeId)
    .orderBy("issued_at_ms", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  if (day !== undefined) rows = rows.where("day", "=", day);
  if (outcome === "failed") rows = rows.where("is_passed", "=", 0).where("settled_at_ms", "is not", null);
  else if (outcome !== undefined) rows = rows.where("outcomes", "like", `%${encodeOutcomes([outcome])}%`);
  if (before !== undefined) {
    rows = rows.where((eb) => eb(eb.refTuple("issued_at_ms", "id"), "<", eb.tuple(before.issuedAtMs, before.id)));
  }
  return (await rows.execute()).map(toRecordedAudit);
}

function toRecordedAudit(row: Selectable<Tables["audit_challenges"]>): RecordedAudit {
  return {
    id: row.id,
    day: row.day,
    window: row.window,
    number: row.number,
    selectionId: row.selection_id,
    attempt: row.attempt,
    leafCount: row.leaf_count,
    difficulty: row.difficulty,
    chunkNames: readChunkNames(row.chunk_names),
    issuedAtMs: row.issued_at_ms,
    settledAtMs: row.settled_at_ms ?? undefined,
    outcomes: row.outcomes === null ? undefined : decodeOutcomes(row.outcomes),
    isFinal: row.is_final === 1,
    durationMs: row.duration_ms ?? undefined,
    nodeUs: row.node_us ?? undefined,
    detail: row.detail ?? undefined,
  };
}

async function readSummary(metadata: Pick<Metadata, "read">, nodeId: NodeId, since: string): Promise<AuditSummary> {
  const sums = await metadata.read
    .selectFrom("node_days")
    .select((eb) => [
      ...AUDIT_OUTCOMES.map((outcome) => eb.fn.sum<number | null>(`audits_${outcome}`).as(outcome)),
      eb.fn.sum<number | null>("audit_answers").as("answers"),
      eb.fn.sum<number | null>("audit_duration_ms_sum").as("duration"),
    ])
    .where("node_id", "=", nodeId)
    .where("day", ">=", since)
    .executeTakeFirstOrThrow();
  const counts = Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [outcome, sums[outcome] ?? 0])) as Record<
    AuditOutcome,
    number
  >;
  const counted = AUDIT_OUTCOMES.filter(countsForPay).reduce((sum, outcome) => sum + counts[outcome], 0);
  const answers = sums.answers ?? 0;
  return {
    counts,
    successRate: counted === 0 ? undefined : counts.passed / counted,
    latencyMs: answers === 0 ? undefined : (sums.duration ?? 0) / answers,
  };
}
