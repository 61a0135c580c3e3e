import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Registry } from "prom-client";
import { type CoordinatorConfig, microCreditsOf } from "./config/coordinator-config.ts";
import { type CreditStandings, createCreditStandings } from "./economics/credit-standing.ts";
import { createEarningsHistory, type EarningsHistory } from "./economics/earnings-history.ts";
import { registerEconomyMetrics } from "./economics/economy-metrics.ts";
import { forgetActions, forgetHistory } from "./economics/forget-history.ts";
import { HeartbeatAbsences } from "./economics/heartbeat-absences.ts";
import { createLedgerCheck, type LedgerCheck } from "./economics/ledger-check.ts";
import { createSettlement } from "./economics/settlement.ts";
import { UptimeWatch, WATCH_INTERVAL_MS } from "./economics/uptime-watch.ts";
import { createJob, type Job } from "./jobs/job.ts";
import type { JobRegistry } from "./jobs/job-registry.ts";

const SETTLEMENT_INTERVAL_MS = 60_000;
const FORGET_INTERVAL_MS = 3_600_000;

export interface EconomyDeps {
  readonly metadata: Metadata;
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What storage costs its owners and pays its nodes. */
export interface EconomyParts {
  readonly absences: HeartbeatAbsences;
  readonly standings: CreditStandings;
  readonly earnings: EarningsHistory;
  readonly ledger: Pick<LedgerCheck, "findings">;
  readonly settlementJob: Job;
  readonly ledgerJob: Job;
}

/** Notes since when nobody has watched the nodes, before any is heard, and adds the jobs, which begin with the registry. */
export async function openEconomy(
  deps: EconomyDeps,
  { accounts, credits, nodes }: Pick<CoordinatorConfig, "accounts" | "credits" | "nodes">,
): Promise<EconomyParts> {
  const { metadata, clock } = deps;
  const intervalMs = nodes.heartbeat_interval_ms;
  const watch = new UptimeWatch(deps);
  await watch.tick();
  const ledger = createLedgerCheck(deps);
  const metrics = registerEconomyMetrics(deps.registry, ledger.findings);
  const settlement = createSettlement(
    { ...deps, metrics },
    {
      price: microCreditsOf(credits.per_gb_month, "credits.per_gb_month"),
      rate: microCreditsOf(credits.node_per_gb_month, "credits.node_per_gb_month"),
      heartbeatIntervalMs: intervalMs,
    },
  );
  const add = (options: Parameters<typeof createJob>[1]): Job => {
    const job = createJob(deps, options);
    deps.jobs.add(job);
    return job;
  };
  add({
    name: "uptime-watch",
    description: "Notes that nodes are watched: nobody is blamed for the time in which they were not.",
    intervalMs: WATCH_INTERVAL_MS,
    run: () => watch.tick(),
  });
  const settlementJob = add({
    name: "settlement",
    description: "After midnight UTC, charges owners for the day and pays nodes, and operators when the month is over.",
    intervalMs: SETTLEMENT_INTERVAL_MS,
    run: async ({ signal, progress }) => {
      await settlement.run(signal, (done) => progress({ done, unit: "chunks" }));
    },
  });
  const ledgerJob = add({
    name: "ledger-check",
    description: "Compares every balance with the entries of its account, each day.",
    intervalMs: DAY_MS,
    run: ({ signal }) => ledger.run(signal),
  });
  add({
    name: "forget-history",
    description: "Forgets what days were reckoned from, days themselves and what admins did, when they are old.",
    intervalMs: FORGET_INTERVAL_MS,
    run: async ({ signal }) => {
      await forgetActions(deps, { keptMs: accounts.admin_log_days * DAY_MS, signal });
      await forgetHistory(deps, signal);
    },
  });
  return {
    absences: new HeartbeatAbsences(clock, { intervalMs, gapAtStart: () => watch.gapAtStart }),
    standings: createCreditStandings(deps, { graceMs: credits.arrears_grace_days * DAY_MS }),
    earnings: createEarningsHistory(metadata),
    ledger,
    settlementJob,
    ledgerJob,
  };
}
