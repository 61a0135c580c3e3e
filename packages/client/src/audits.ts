import { count, list, mapOf, nullable, number, object, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const PER_PAGE = 200;

/** What audits and uptime say of a node. Times are ISO 8601 text; scores and shares from 0 to 1. */
export const reputationObject = object({
  /** vetting, trusted, suspended or disqualified. */
  standing: text,
  why: text,
  reliability: number,
  audit_score: number,
  error_score: number,
  online_share: number,
  passed: count,
  vetted_at: nullable(text),
  suspended_at: nullable(text),
  disqualified_at: nullable(text),
  closer_look_until: nullable(text),
});

/** A challenge, and what came of it. */
export const auditObject = object({
  id: text,
  issued_at: text,
  settled_at: nullable(text),
  attempt: count,
  /** How many chunks came to what: passed, wrong, lost, offline, silent, refused, late, error or void. */
  outcomes: mapOf(count),
  chunks: list(object({ chunk: text, outcome: nullable(text), why: text })),
  duration_ms: nullable(count),
  node_us: nullable(count),
  /** good, dishonest, node_error, not_passed, nothing or open. */
  counted_as: text,
  detail: nullable(text),
  /** With these and the day's key its seed can be worked out again. */
  day: text,
  window: count,
  number: count,
  selection_id: text,
  leaf_count: count,
  difficulty: count,
});

const auditSummary = object({
  reputation: reputationObject,
  last_30_days: object({
    outcomes: mapOf(count),
    success_rate: nullable(number),
    latency_ms: nullable(number),
  }),
  /** The last changes of its standing, newest first. */
  changes: list(object({ at: text, from: text, to: text, why: text })),
});

const auditPage = object({ items: list(auditObject), next_cursor: nullable(text), summary: auditSummary });

/** A day whose seeds derive from one key. */
export const auditPeriodObject = object({
  day: text,
  /** SHA-256 of the key, hex. */
  commitment: text,
  /** null until the day is over. */
  key: nullable(text),
  opened_at: text,
  revealed_at: nullable(text),
});

export type ReputationObject = Read<typeof reputationObject>;
export type AuditObject = Read<typeof auditObject>;
export type AuditSummary = Read<typeof auditSummary>;
export type AuditPage = Read<typeof auditPage>;
export type AuditPeriodObject = Read<typeof auditPeriodObject>;

export interface AuditQuery {
  /** Only those of this UTC day, "2026-01-31". */
  readonly day?: string;
  /** Only those in which a chunk came to this; "failed": to anything but passed. */
  readonly outcome?: string;
  /** Audits on a page, 1 to 1000. */
  readonly limit?: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
}

export interface Audits {
  /**
   * A page of a node's audits, newest first, with how it stands; for its operator and admins.
   * @throws AppError NODE_NOT_FOUND, FORBIDDEN
   */
  ofNode(nodeId: string, query?: AuditQuery, signal?: AbortSignal): Promise<AuditPage>;
  /** The days of audits, newest first: their commitments, and the keys of those that are over. */
  periods(signal?: AbortSignal): AsyncIterable<AuditPeriodObject>;
}

export function createAudits({ transport }: { readonly transport: HttpTransport }): Audits {
  return {
    ofNode: (nodeId, { day, outcome, limit, cursor } = {}, signal) =>
      transport.call(
        {
          method: "GET",
          path: `/api/v1/nodes/${encodeURIComponent(nodeId)}/audits`,
          query: { day, outcome, limit, cursor },
          ...withSignal(signal),
        },
        auditPage,
      ),
    periods: (signal) =>
      listPages(
        transport,
        { method: "GET", path: "/api/v1/audits/periods", query: { limit: PER_PAGE }, ...withSignal(signal) },
        auditPeriodObject,
      ),
  };
}
