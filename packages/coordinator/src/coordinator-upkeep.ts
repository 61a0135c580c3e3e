import { createHash } from "node:crypto";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { type AntiEntropy, createAntiEntropy } from "./anti-entropy/anti-entropy.ts";
import { createCopyCheck } from "./anti-entropy/copy-check.ts";
import { createCompareInventory } from "./anti-entropy/inventory-comparison.ts";
import { createLossReports, type LossReports } from "./anti-entropy/loss-reports.ts";
import type { TransferParts } from "./coordinator-transfers.ts";
import { createCollectLoop } from "./deletion/collect-loop.ts";
import { createDeletionWorkers } from "./deletion/deletion-workers.ts";
import { createForgetLoop } from "./deletion/forget-loop.ts";
import { createPurgeLoop } from "./deletion/purge-loop.ts";
import { isReachable } from "./deletion/reachable-node.ts";
import { createDrainLoop, type DrainLoop, type DrainObstacle } from "./draining/drain-loop.ts";
import { createEvictionService, type EvictionService } from "./evictions/eviction-service.ts";
import { purgeFolders } from "./folders/purge-folders.ts";
import { createFolderSteps, type FolderSteps } from "./folders/folder-steps.ts";
import { createJob, type Job } from "./jobs/job.ts";
import type { JobRegistry } from "./jobs/job-registry.ts";
import type { NodeDirectory } from "./nodes/node-directory.ts";
import { createRebalancing, type Rebalancing } from "./rebalancing/rebalancing.ts";
import type { SweepFindings } from "./repair/repair-deps.ts";

const PURGE_INTERVAL_MS = 60_000;
const COLLECT_INTERVAL_MS = 60_000;
const DELETION_INTERVAL_MS = 60_000;
const FORGET_INTERVAL_MS = 600_000;
const ANTI_ENTROPY_INTERVAL_MS = 10_000;
const FOLDERS_INTERVAL_MS = 10_000;
const DRAIN_INTERVAL_MS = 10_000;
const REBALANCING_INTERVAL_MS = 3_600_000;
/** What a node that left for good should hold or delete is kept for so long after it was last heard. */
const GONE_AFTER_MS = 7 * 24 * 3_600_000;

export interface UpkeepDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly directory: NodeDirectory;
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Logger;
}

export interface UpkeepOptions {
  readonly deletionGraceMs: number;
  /** Whether chunks wait for repair. */
  readonly isRepairBusy: () => boolean;
  readonly whyNotCopied: (name: ChunkName) => DrainObstacle | undefined;
}

/** What keeps nodes and catalog at one: deletion, comparison, draining, eviction and rebalancing. */
export interface UpkeepParts extends Required<SweepFindings> {
  readonly losses: LossReports;
  readonly drains: Pick<DrainLoop, "progressOf">;
  readonly folders: FolderSteps;
  readonly evictions: EvictionService;
  readonly rebalancing: Rebalancing;
  readonly rebalancingJob: Job;
  readonly antiEntropy: AntiEntropy;
}

/** Opens it all and adds its jobs, which begin with the registry. */
export function openUpkeep(deps: UpkeepDeps, transfers: TransferParts, options: UpkeepOptions): UpkeepParts {
  const shared = sharedParts(deps, transfers);
  const deletion = addDeletion(deps, shared, options);
  const antiEntropy = addAntiEntropy(deps, shared, { transfers, onQueued: deletion.onQueued });
  const folders = addFolders(deps);
  const { drains, runDrains } = addDraining(deps, shared, { ...options, onQueued: deletion.onQueued });
  const { rebalancing, rebalancingJob } = addRebalancing(deps, shared, { transfers, ...options });
  const evictions = createEvictionService({
    ...shared,
    operatorOf: (nodeId) => deps.directory.get(nodeId)?.operatorId,
    hasRoomElsewhere: (chunk) => hasRoomElsewhere(transfers, chunk),
  });
  deps.directory.onStatusChanged(({ nodeId, to }) => {
    if (to === "draining") runDrains();
    if (to !== "active") return;
    deletion.onQueued();
    antiEntropy.request(nodeId);
  });
  return {
    onUnreferenced: deletion.onUnreferenced,
    losses: createLossReports({ ...shared, requestComparison: (nodeId) => antiEntropy.request(nodeId) }),
    drains,
    folders,
    evictions,
    rebalancing,
    rebalancingJob,
    antiEntropy,
  };
}

type Shared = ReturnType<typeof sharedParts>;

function sharedParts({ directory, clock, sleep, random, logger }: UpkeepDeps, transfers: TransferParts) {
  const { catalog, epochs, writing, repairRequests } = transfers.replicas;
  const placeable = () => directory.placeableNodes();
  return {
    catalog,
    epochs,
    writing,
    clock,
    sleep,
    random,
    logger,
    transfers: transfers.replicaTransfers,
    isBeingWritten: (name: ChunkName) => writing.has(name),
    requestRepair: (names: readonly ChunkName[]) => repairRequests.request(names),
    standingOf: (nodeId: NodeId) => directory.standingOf(nodeId),
    liveNodes: (): NodeId[] =>
      placeable()
        .map(({ id }) => id)
        .filter((id) => directory.standingOf(id) === "live"),
  };
}

function addDeletion(deps: UpkeepDeps, shared: Shared, { deletionGraceMs }: UpkeepOptions) {
  const { directory, clock, jobs } = deps;
  const workers = createDeletionWorkers({
    ...shared,
    isReachable: (nodeId) => isReachable(directory, nodeId),
  });
  const deletionJob = createJob(deps, {
    name: "deletion",
    description: "Has nodes delete the copies that are no longer needed.",
    intervalMs: DELETION_INTERVAL_MS,
    run: ({ signal }) => workers.run(signal),
  });
  const onQueued = (): void => void deletionJob.runNow();
  const collect = createCollectLoop({ ...shared, onQueued });
  const collectJob = createJob(deps, {
    name: "collect",
    description: "Forgets chunks that no file uses any more, as the sweep of repair finds them.",
    intervalMs: COLLECT_INTERVAL_MS,
    run: async ({ signal }) => void (await collect.run(signal)),
  });
  const purge = createPurgeLoop(shared, { graceMs: deletionGraceMs });
  const purgeJob = createJob(deps, {
    name: "purge",
    description: "Ends deleted files for good once the time in which they can be restored is over.",
    intervalMs: PURGE_INTERVAL_MS,
    run: async ({ signal }) => {
      await purgeFolders(deps, { graceMs: deletionGraceMs }, signal);
      await purge.run(signal);
    },
  });
  const hasLeft = (id: NodeId): boolean => {
    const node = directory.get(id);
    if (node === undefined || !["drained", "banned"].includes(directory.status(node))) return false;
    return clock.nowMs() - node.lastHeartbeatAtMs > GONE_AFTER_MS;
  };
  const forget = createForgetLoop({
    ...shared,
    nodesGone: () =>
      directory
        .list()
        .map(({ id }) => id)
        .filter(hasLeft),
  });
  const forgetJob = createJob(deps, {
    name: "forget",
    description: "Forgets deletions that are done, and what nodes that left for good should hold.",
    intervalMs: FORGET_INTERVAL_MS,
    run: ({ signal }) => forget.run(signal),
  });
  for (const job of [deletionJob, collectJob, purgeJob, forgetJob]) jobs.add(job);
  return {
    onQueued,
    onUnreferenced: async (names: readonly ChunkName[]) => {
      collect.offer(names);
      void collectJob.runNow();
    },
  };
}

function addFolders(deps: UpkeepDeps): FolderSteps {
  const steps = createFolderSteps(deps);
  const job = createJob(deps, {
    name: "folders",
    description: "Ends the deletion of folders, and their return, where a request has begun it.",
    intervalMs: FOLDERS_INTERVAL_MS,
    run: ({ signal }) => steps.run(signal),
  });
  deps.jobs.add(job);
  steps.onLeft(() => void job.runNow());
  return steps;
}

function addAntiEntropy(
  deps: UpkeepDeps,
  shared: Shared,
  parts: { readonly transfers: TransferParts; readonly onQueued: () => void },
): AntiEntropy {
  const { nodeTransfers, buffers } = parts.transfers;
  const compare = createCompareInventory({
    ...shared,
    check: createCopyCheck({ transfers: nodeTransfers, buffers }),
    onQueued: parts.onQueued,
    sha256,
  });
  const antiEntropy = createAntiEntropy({ ...shared, compare });
  deps.jobs.add(
    createJob(deps, {
      name: "anti-entropy",
      description: "Compares what each node holds with what it should hold, every hour and when it returns.",
      intervalMs: ANTI_ENTROPY_INTERVAL_MS,
      run: ({ signal }) => antiEntropy.run(signal),
    }),
  );
  return antiEntropy;
}

function addDraining(
  deps: UpkeepDeps,
  shared: Shared,
  { onQueued, whyNotCopied }: Pick<UpkeepOptions, "whyNotCopied"> & { readonly onQueued: () => void },
) {
  const { directory, metadata } = deps;
  const drains = createDrainLoop({
    ...shared,
    drainingNodes: () =>
      directory
        .list()
        .filter((node) => directory.status(node) === "draining")
        .map(({ id }) => id),
    writeBarrier: () => shared.writing.barrier(),
    markDrained: async (nodeId) => {
      await metadata.apply("node.drained", { id: nodeId });
      await directory.reload(nodeId);
    },
    onQueued,
    whyNotCopied,
  });
  const job = createJob(deps, {
    name: "drain",
    description: "Lets nodes go that drain, once other nodes stand in for them.",
    intervalMs: DRAIN_INTERVAL_MS,
    run: ({ signal }) => drains.run(signal),
  });
  deps.jobs.add(job);
  return { drains, runDrains: () => void job.runNow() };
}

function addRebalancing(
  deps: UpkeepDeps,
  shared: Shared,
  parts: { readonly transfers: TransferParts } & UpkeepOptions,
) {
  const { directory } = deps;
  const rebalancing = createRebalancing({
    ...shared,
    fills: () =>
      shared.liveNodes().flatMap((id) => {
        const node = directory.get(id);
        return node === undefined ? [] : [{ id, usedBytes: node.usedBytes, capacityBytes: node.capacityBytes }];
      }),
    survey: () => parts.transfers.placement.survey(),
    mayMove: () => !parts.isRepairBusy(),
  });
  const rebalancingJob = createJob(deps, {
    name: "rebalancing",
    description: "Moves copies from nodes that are fuller than the others.",
    intervalMs: REBALANCING_INTERVAL_MS,
    canThrottle: true,
    run: async ({ signal, progress }) => {
      const tell = (done: number, total: number) => progress({ done, total, unit: "chunks" });
      await rebalancing.run(signal, tell);
    },
    onConfigured: ({ throttle }) => rebalancing.setThrottle(throttle ?? {}),
  });
  deps.jobs.add(rebalancingJob);
  return { rebalancing, rebalancingJob };
}

function hasRoomElsewhere({ placement }: TransferParts, chunk: ChunkRecord): boolean {
  const { name, sealedLength, ownerId } = chunk;
  const others = new Set(chunk.replicas.map(({ nodeId }) => nodeId));
  return placement.replace({ name, sealedLength }, { ownerId, failed: new Set(), others }) !== undefined;
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
