import { AUDIT_OUTCOMES, type AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import type { Transaction } from "kysely";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";

type OutcomeColumn = `audits_${AuditOutcome}`;

/** What is added to the counters of a node's day. */
export type AuditCounts = Record<OutcomeColumn | "audit_answers" | "audit_duration_ms_sum", number>;

const COLUMNS = [
  ...AUDIT_OUTCOMES.map((outcome): OutcomeColumn => `audits_${outcome}`),
  "audit_answers",
  "audit_duration_ms_sum",
] as const;

export function noAuditCounts(): AuditCounts {
  return Object.fromEntries(COLUMNS.map((column) => [column, 0])) as AuditCounts;
}

export function countAudit(
  counts: AuditCounts,
  audit: { readonly outcomes: readonly AuditOutcome[]; readonly duration_ms: number | null },
): void {
  for (const outcome of audit.outcomes) counts[`audits_${outcome}`] += 1;
  if (audit.duration_ms === null) return;
  counts.audit_answers += 1;
  counts.audit_duration_ms_sum += audit.duration_ms;
}

const addRow = prepareChange((tx, row: AuditCounts & { readonly node_id: string; readonly day: string }) =>
  tx
    .insertInto("node_days")
    .values(row)
    .onConflict((oc) =>
      oc
        .columns(["node_id", "day"])
        .doUpdateSet((eb) =>
          Object.fromEntries(COLUMNS.map((column) => [column, eb(`node_days.${column}`, "+", row[column])])),
        ),
    ),
);

export async function addAuditCounts(
  tx: Transaction<Tables>,
  of: { readonly nodeId: string; readonly day: string },
  counts: AuditCounts,
): Promise<void> {
  await addRow(tx, { node_id: of.nodeId, day: of.day, ...counts });
}
