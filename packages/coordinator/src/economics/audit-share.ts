import { AUDIT_OUTCOMES, type AuditOutcome, countsForPay } from "@commonhold/core/audit/audit-outcome.ts";
import type { Share } from "@commonhold/core/economics/node-earnings.ts";

/** A day's audits of a node, counted by outcome. */
export type AuditCounts = { readonly [Outcome in AuditOutcome as `audits_${Outcome}`]: number };

/**
 * The audits passed of those that count for pay. Only nodes that are here by their heartbeats are asked: one that no
 * question reached all day has shown nothing, and would else be paid for heartbeats alone.
 */
export function auditShareOf(counts: AuditCounts): Share {
  const counting = AUDIT_OUTCOMES.filter(countsForPay).map((outcome) => counts[`audits_${outcome}`]);
  const all = counting.reduce((sum, count) => sum + count, 0);
  return { good: counts.audits_passed, all: all > 0 ? all : counts.audits_offline };
}
