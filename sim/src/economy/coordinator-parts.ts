import { verifyAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { createLossReports, type LossReports } from "@commonhold/coordinator/anti-entropy/loss-reports.ts";
import type { StandingAfter } from "@commonhold/coordinator/audits/audit-ledger.ts";
import type { AuditOptions } from "@commonhold/coordinator/audits/audit-options.ts";
import { createAuditPeriods } from "@commonhold/coordinator/audits/audit-periods.ts";
import { createAuditPlanner } from "@commonhold/coordinator/audits/audit-planner.ts";
import { resumeUnanswered, settleForgotten } from "@commonhold/coordinator/audits/audit-recovery.ts";
import { AuditService } from "@commonhold/coordinator/audits/audit-service.ts";
import { keepAuditsTidy } from "@commonhold/coordinator/audits/audit-upkeep.ts";
import { createAuditor, type SettledAudit } from "@commonhold/coordinator/audits/auditor.ts";
import type { VerifyAnswer } from "@commonhold/coordinator/audits/judge-reply.ts";
import { createMetadataAuditLedger } from "@commonhold/coordinator/audits/metadata-audit-ledger.ts";
import { HeartbeatAbsences } from "@commonhold/coordinator/economics/heartbeat-absences.ts";
import { createLedgerCheck, type LedgerCheck } from "@commonhold/coordinator/economics/ledger-check.ts";
import { createSettlement, type Settlement } from "@commonhold/coordinator/economics/settlement.ts";
import { UptimeWatch } from "@commonhold/coordinator/economics/uptime-watch.ts";
import { NodeDirectory } from "@commonhold/coordinator/nodes/node-directory.ts";
import { createNodeService, type NodeService } from "@commonhold/coordinator/nodes/node-service.ts";
import { encodeOutcomes } from "@commonhold/core/audit/audit-outcome.ts";
import { REPUTATION_TERMS } from "@commonhold/core/audit/reputation.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { SUSPECT_PHI } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { verifySignature } from "@commonhold/p2p/identity.ts";
import { livingMetadata, type LivingMetadataDeps } from "./living-metadata.ts";
import { TERMS } from "./economy-world.ts";
import { isUsedPrefix } from "./sealed-chunk.ts";
import { createSimulatedAuditTransport } from "./simulated-audit-transport.ts";

const OFFLINE_AFTER_INTERVALS = 3;
const MASTER_KEY = new Uint8Array(32).fill(7);

export interface CoordinatorParts {
  readonly metadata: Metadata;
  readonly directory: NodeDirectory;
  readonly nodes: NodeService;
  readonly catalog: ReplicaCatalog;
  readonly watch: UptimeWatch;
  readonly audits: AuditService;
  readonly settlement: Settlement;
  readonly ledgerCheck: LedgerCheck;
  readonly lossReports: LossReports;
  /** Begins the audits that are due. */
  audit(): Promise<void>;
  keepAuditsTidy(): Promise<void>;
}

export interface CoordinatorPartsDeps extends LivingMetadataDeps {
  readonly requestRepair: (names: readonly ChunkName[]) => void;
}

/** The production code of one run of the coordinator's process, from what is on the disk. */
export async function openCoordinatorParts(deps: CoordinatorPartsDeps): Promise<CoordinatorParts> {
  const { world, random } = deps;
  const { heartbeatIntervalMs } = world.pace;
  const metadata = livingMetadata(deps);
  const shared = { metadata, clock: world.wall, random, logger: economyLogger(deps) };
  const terms = {
    heartbeatIntervalMs,
    suspectPhi: SUSPECT_PHI,
    offlineAfterMs: OFFLINE_AFTER_INTERVALS * heartbeatIntervalMs,
  };
  const directory = new NodeDirectory(shared, terms);
  await directory.load();
  const watch = new UptimeWatch(shared);
  const absences = new HeartbeatAbsences(world.wall, {
    intervalMs: heartbeatIntervalMs,
    gapAtStart: () => watch.gapAtStart,
  });
  const nodes = createNodeService({ ...shared, directory, absences, verifySignature });
  const catalog = observedCatalog(deps, createMetadataCatalog(metadata));
  const { sleep } = deps.life;
  const metrics = { daySettled: () => {}, setUnsettledSince: () => {}, paidOut: () => {} };
  return {
    metadata,
    directory,
    nodes,
    catalog,
    watch,
    ...(await openAudits(deps, { ...shared, directory, catalog })),
    settlement: createSettlement({ ...shared, sleep, metrics }, { ...TERMS, heartbeatIntervalMs }),
    ledgerCheck: createLedgerCheck(shared),
    lossReports: createLossReports({ ...shared, ...deps, catalog, requestComparison: () => {} }),
  };
}

interface AuditParts {
  readonly metadata: Metadata;
  readonly directory: NodeDirectory;
  readonly catalog: ReplicaCatalog;
  readonly logger: ReturnType<typeof economyLogger>;
}

async function openAudits(
  deps: CoordinatorPartsDeps,
  parts: AuditParts,
): Promise<Pick<CoordinatorParts, "audits" | "audit" | "keepAuditsTidy">> {
  const { world, life } = deps;
  const { directory, metadata } = parts;
  const clock = world.wall;
  const terms = { ...REPUTATION_TERMS, ...(world.broken === "lenient-reputation" && { disqualifyBelow: 0 }) };
  const ledger = createMetadataAuditLedger(metadata, terms);
  const options = auditOptions(world.pace.auditCycleMs);
  const periods = createAuditPeriods({ ...platformCrypto, masterKey: MASTER_KEY, ledger }, options);
  const shared = { ...parts, ledger, periods, clock, random: deps.random.fork("challenges") };
  const closerLookUntilMs = (id: Parameters<typeof directory.reputationOf>[0]) =>
    directory.reputationOf(id).state.closerLookUntilMs ?? undefined;
  const auditor = createAuditor(
    {
      ...shared,
      transport: createSimulatedAuditTransport(world, life),
      verify: verifierOf(deps),
      requestRepair: deps.requestRepair,
      onStanding: (after) => noteStanding(deps, directory, after),
      onSettled: (settled) => noteAudit(deps, settled),
    },
    options,
  );
  const nodes = () =>
    directory
      .list()
      .filter(({ declared }) => declared === "active" || declared === "draining")
      .map(({ id }) => ({ id, isPresent: ["live", "suspect", "draining"].includes(directory.standingOf(id)) }));
  const planner = createAuditPlanner({ ...shared, closerLookUntilMs }, options);
  const audits = new AuditService({ ...shared, planner, auditor, nodes }, options);
  const { signal } = new AbortController();
  await settleForgotten(shared, clock.nowMs() + 1, signal);
  await resumeUnanswered(shared, audits);
  return {
    audits,
    audit: async () => {
      await periods.open(utcDayOf(clock.nowMs()), clock.nowMs());
      audits.tick();
    },
    keepAuditsTidy: () => keepAuditsTidy(shared, signal),
  };
}

function auditOptions(cycleMs: number): AuditOptions {
  return { cycleMs, deadlineMs: 2_000, difficulty: 3, leafCount: 1, concurrent: 16, bytesPerSecondPerNode: 8_000_000 };
}

function verifierOf({ world }: CoordinatorPartsDeps): VerifyAnswer {
  if (world.broken === "credulous-verification") {
    return ({ chunkNames }) => ({ kind: "judged", chunks: chunkNames.map(() => "passed" as const) });
  }
  return (question, answer) => {
    const verdict = verifyAuditAnswer(question, answer, verifySignature);
    if (world.broken !== "loss-is-dishonest" || verdict.kind === "wrong") return verdict;
    return {
      ...verdict,
      chunks: verdict.chunks.map((chunk) => (chunk === "lost" ? { wrong: "leaf" as const } : chunk)),
    };
  };
}

/** What follows by the rules from an audit, beside what the tables count. */
function noteAudit({ world }: CoordinatorPartsDeps, { nodeId, outcomes }: SettledAudit): void {
  const counted = world.auditsOf(nodeId, utcDayOf(world.wall.nowMs()));
  for (const outcome of outcomes) {
    if (outcome === "passed") counted.passed += 1;
    if (outcome !== null && outcome !== "offline") counted.counted += 1;
  }
  world.note("audited", nodeId, encodeOutcomes(outcomes));
}

function noteStanding(
  { world, checkers }: CoordinatorPartsDeps,
  directory: NodeDirectory,
  { nodeId, standing, changes }: StandingAfter,
): void {
  if (changes.length === 0) return;
  for (const why of changes) world.note(standing, nodeId, why);
  for (const checker of checkers) checker.onStanding?.(nodeId, standing);
  directory
    .reload(nodeId)
    .catch((error: unknown) => world.fail("error", "a node could not be read", { nodeId, cause: error }));
}

/** The catalog with what the simulation notes of its changes beside it. */
function observedCatalog({ world }: CoordinatorPartsDeps, catalog: ReplicaCatalog): ReplicaCatalog {
  const endAll = (
    names: readonly ChunkName[],
    nodeId: Parameters<ReplicaCatalog["expectedOf"]>[0],
    untilMs: number,
  ): void => {
    for (const name of names) world.copies.end(name, nodeId, untilMs);
  };
  return {
    ...catalog,
    // The answer of the many parts of a cycle that are empty is known beforehand.
    expectedOf: async (nodeId, page) =>
      page.until !== undefined && !isUsedPrefix(page.until) ? [] : await catalog.expectedOf(nodeId, page),
    recordReplica: async (replica) => {
      await catalog.recordReplica(replica);
      world.copies.begin(replica.name, replica.nodeId, replica.nowMs);
    },
    doubtReplicas: async (...doubt) => {
      const [nodeId, names, nowMs, terms] = doubt;
      const isAudit = terms?.heldUntilMs !== undefined;
      const doubted = await catalog.doubtReplicas(
        nodeId,
        names,
        nowMs,
        world.broken === "paid-until-found" ? {} : terms,
      );
      // What failed its audit is not paid for since the last cycle, as far as the day is open.
      const untilMs = isAudit ? Math.max(nowMs - world.pace.auditCycleMs, nowMs - (nowMs % DAY_MS)) : nowMs;
      endAll(names, nodeId, untilMs);
      world.note("doubted", nodeId, `${names.length}`);
      return doubted;
    },
    dropReplicas: async (nodeId, names, terms) => {
      const dropped = await catalog.dropReplicas(nodeId, names, terms);
      endAll(dropped, nodeId, terms.nowMs);
      return dropped;
    },
    collectUnreferenced: async (names, terms) => {
      const collected = await catalog.collectUnreferenced(names, terms);
      for (const name of names) world.copies.collect(name, terms.nowMs);
      return collected;
    },
    forgetNode: async (nodeId, limit, nowMs) => {
      const forgotten = await catalog.forgetNode(nodeId, limit, nowMs);
      world.copies.endOf(nodeId, nowMs);
      return forgotten;
    },
  };
}

/** An error that the production code logs ends the run. */
function economyLogger({ world }: LivingMetadataDeps) {
  const silent = (): void => undefined;
  return {
    info: silent,
    warn: silent,
    error: (fields: unknown, text?: string) => {
      const { err } = fields as { readonly err?: unknown };
      world.fail("error", `${text ?? "an error was logged"} ${JSON.stringify(fields)}`, { cause: err });
    },
  };
}
