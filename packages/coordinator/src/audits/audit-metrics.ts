import { AUDIT_OUTCOMES } from "@commonhold/core/audit/audit-outcome.ts";
import type { ReputationStanding } from "@commonhold/core/audit/reputation.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { AuditStatus } from "./audit-service.ts";
import type { SettledAudit } from "./auditor.ts";

export const STANDINGS: readonly ReputationStanding[] = ["vetting", "trusted", "suspended", "disqualified"];

export interface AuditMetricsSources {
  readonly status: () => AuditStatus;
  readonly standings: () => Readonly<Record<ReputationStanding, number>>;
}

/** Counts what becomes of audits. @returns to be called for each challenge */
export function createAuditMetrics(registry: Registry, sources: AuditMetricsSources): (settled: SettledAudit) => void {
  const audits = new Counter({
    name: "commonhold_audits_total",
    help: "Audits of single copies, by what came of them; void ones count nothing",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of AUDIT_OUTCOMES) audits.inc({ outcome }, 0);
  const durations = new Histogram({
    name: "commonhold_audit_duration_seconds",
    help: "From a question's delivery to its answer",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  registerGauges(registry, sources);
  return ({ outcomes, durationMs }) => {
    for (const outcome of outcomes) audits.inc({ outcome: outcome ?? "void" });
    if (durationMs !== undefined) durations.observe(durationMs / 1000);
  };
}

function registerGauges(registry: Registry, { status, standings }: AuditMetricsSources): void {
  new Gauge({
    name: "commonhold_nodes_by_standing",
    help: "Nodes by what their audits say of them",
    labelNames: ["standing"],
    registers: [registry],
    collect() {
      const now = standings();
      for (const standing of STANDINGS) this.set({ standing }, now[standing]);
    },
  });
  new Gauge({
    name: "commonhold_audits_under_way",
    help: "Challenges that wait for their answer",
    registers: [registry],
    collect() {
      this.set(status().underWay);
    },
  });
  new Gauge({
    name: "commonhold_audit_slots_missed",
    help: "Parts of the nodes' cycles that were left out since the start, as there was no time for them",
    registers: [registry],
    collect() {
      this.set(status().missedSlots);
    },
  });
}
