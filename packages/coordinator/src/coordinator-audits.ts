import { verifyAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import {
  REPUTATION_TERMS,
  type ReputationStanding,
  type ReputationTerms,
  standingOfReputation,
} from "@commonhold/core/audit/reputation.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { verifySignature } from "@commonhold/p2p/identity.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Registry } from "prom-client";
import type { AuditLedger, StandingAfter } from "./audits/audit-ledger.ts";
import { createAuditMetrics, STANDINGS } from "./audits/audit-metrics.ts";
import type { AuditOptions } from "./audits/audit-options.ts";
import { type AuditPeriods, createAuditPeriods } from "./audits/audit-periods.ts";
import { createAuditPlanner } from "./audits/audit-planner.ts";
import { resumeUnanswered, settleForgotten } from "./audits/audit-recovery.ts";
import { type AuditableNode, AuditService } from "./audits/audit-service.ts";
import { keepAuditsTidy } from "./audits/audit-upkeep.ts";
import { createAuditor } from "./audits/auditor.ts";
import { createMetadataAuditLedger } from "./audits/metadata-audit-ledger.ts";
import { createNodeAuditTransport } from "./audits/node-audit-transport.ts";
import type { CoordinatorConfig } from "./config/coordinator-config.ts";
import type { TransferParts } from "./coordinator-transfers.ts";
import { createJob } from "./jobs/job.ts";
import type { JobRegistry } from "./jobs/job-registry.ts";
import type { NodeDirectory } from "./nodes/node-directory.ts";

const TICK_MS = 1_000;
const UPKEEP_INTERVAL_MS = 10 * 60_000;
/** Scores creep; what changes a node's standing is taken over at once. */
const REFRESH_INTERVAL_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface AuditPartsDeps {
  readonly metadata: Metadata;
  readonly directory: NodeDirectory;
  readonly host: Pick<PeerHost, "exchange">;
  readonly secrets: { readonly masterKey: Uint8Array };
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface AuditParts {
  readonly service: AuditService;
  readonly terms: ReputationTerms;
  /** Gives up what is under way. */
  stop(): Promise<void>;
}

/** Opens audits, closes what a run before left open, and adds their jobs, which begin with the registry. */
export async function openAudits(
  deps: AuditPartsDeps,
  transfers: Pick<TransferParts, "replicas" | "grants">,
  config: CoordinatorConfig["audits"],
): Promise<AuditParts> {
  const { metadata, clock, logger } = deps;
  const options = auditOptionsOf(config);
  const terms = reputationTermsOf(config);
  const ledger = createMetadataAuditLedger(metadata, terms);
  const { sha256, hmacSha256 } = platformCrypto;
  const periods = createAuditPeriods({ sha256, hmacSha256, masterKey: deps.secrets.masterKey, ledger }, options);
  const service = openService(deps, transfers, { options, ledger, periods });
  await settleForgotten({ ledger, clock, logger }, clock.nowMs() + 1, new AbortController().signal);
  await resumeUnanswered({ ledger, clock, logger }, service);
  addJobs(deps, { ledger, periods, service });
  return { service, terms, stop: () => service.stop() };
}

function openService(
  deps: AuditPartsDeps,
  transfers: Pick<TransferParts, "replicas" | "grants">,
  parts: { readonly options: AuditOptions; readonly ledger: AuditLedger; readonly periods: AuditPeriods },
): AuditService {
  const { directory } = deps;
  const { options } = parts;
  const { catalog, repairRequests } = transfers.replicas;
  const onSettled = createAuditMetrics(deps.registry, {
    status: () => service.status(),
    standings: () => countStandings(directory),
  });
  const closerLookUntilMs = (id: NodeId) => directory.reputationOf(id).state.closerLookUntilMs ?? undefined;
  const planner = createAuditPlanner({ ...parts, catalog, closerLookUntilMs }, options);
  const transport = createNodeAuditTransport({ ...deps, ...transfers, target: (id) => directory.target(id) });
  const auditor = createAuditor(
    {
      ...deps,
      ...parts,
      catalog,
      transport,
      verify: (question, answer) => verifyAuditAnswer(question, answer, verifySignature),
      requestRepair: (names) => repairRequests.request(names),
      onStanding: (after) => noteStanding(deps, after),
      onSettled,
    },
    options,
  );
  const service = new AuditService({ ...deps, planner, auditor, nodes: () => auditableNodes(directory) }, options);
  return service;
}

function addJobs(
  deps: AuditPartsDeps,
  parts: { readonly ledger: AuditLedger; readonly periods: AuditPeriods; readonly service: AuditService },
): void {
  const { clock, directory } = deps;
  const { periods, service } = parts;
  let refreshedAtMs = clock.monotonicMs();
  deps.jobs.add(
    createJob(deps, {
      name: "audits",
      description: "Has nodes prove that they hold what they were given, each copy once a cycle.",
      intervalMs: TICK_MS,
      canThrottle: true,
      run: async () => {
        const nowMs = clock.nowMs();
        await periods.open(utcDayOf(nowMs), nowMs);
        service.tick();
        if (clock.monotonicMs() - refreshedAtMs < REFRESH_INTERVAL_MS) return;
        refreshedAtMs = clock.monotonicMs();
        await directory.refreshReputations();
      },
      onConfigured: (settings) => service.configure(settings),
    }),
  );
  deps.jobs.add(
    createJob(deps, {
      name: "audit-upkeep",
      description: "Publishes the keys of audits of days that are over, and forgets audits that are old.",
      intervalMs: UPKEEP_INTERVAL_MS,
      run: ({ signal }) => keepAuditsTidy({ ...deps, ...parts }, signal),
    }),
  );
}

function auditOptionsOf(config: CoordinatorConfig["audits"]): AuditOptions {
  return {
    cycleMs: Math.round(config.interval_hours * HOUR_MS),
    deadlineMs: config.deadline_ms,
    difficulty: config.difficulty,
    leafCount: config.leaves_per_chunk,
    concurrent: config.concurrent,
    bytesPerSecondPerNode: config.bytes_per_second_per_node,
  };
}

function reputationTermsOf(config: CoordinatorConfig["audits"]): ReputationTerms {
  return {
    ...REPUTATION_TERMS,
    vettingCount: config.vetting_count,
    vettingMs: Math.round(config.vetting_days * DAY_MS),
  };
}

/** Drained and banned nodes have nothing left to show. */
function auditableNodes(directory: NodeDirectory): readonly AuditableNode[] {
  return directory
    .list()
    .filter(({ declared }) => declared === "active" || declared === "draining")
    .map(({ id }) => ({ id, isPresent: ["live", "suspect", "draining"].includes(directory.standingOf(id)) }));
}

function countStandings(directory: NodeDirectory): Record<ReputationStanding, number> {
  const counts = Object.fromEntries(STANDINGS.map((standing) => [standing, 0])) as Record<ReputationStanding, number>;
  for (const { id } of directory.list()) counts[standingOfReputation(directory.reputationOf(id).state)] += 1;
  return counts;
}

/** A node that is disqualified is banned, or drains, by the same command: here it is cut off, or let go. */
function noteStanding({ directory, logger }: AuditPartsDeps, { nodeId, standing, changes }: StandingAfter): void {
  if (changes.length === 0) return;
  for (const why of changes) logger.warn({ node_id: nodeId, standing, why }, "a node's standing changed");
  directory.reload(nodeId).catch((error: unknown) => {
    logger.error({ err: error, node_id: nodeId }, "a node whose standing changed could not be read");
  });
}
