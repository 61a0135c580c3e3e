import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { type AntiEntropy, createAntiEntropy } from "@commonhold/coordinator/anti-entropy/anti-entropy.ts";
import { createCompareInventory } from "@commonhold/coordinator/anti-entropy/inventory-comparison.ts";
import { createLossReports, type LossReports } from "@commonhold/coordinator/anti-entropy/loss-reports.ts";
import { createDrainLoop, type DrainLoop } from "@commonhold/coordinator/draining/drain-loop.ts";
import { createEvictionService, type EvictionService } from "@commonhold/coordinator/evictions/eviction-service.ts";
import { createJob } from "@commonhold/coordinator/jobs/job.ts";
import { createRebalancing, type Rebalancing } from "@commonhold/coordinator/rebalancing/rebalancing.ts";
import { RepairService } from "@commonhold/coordinator/repair/repair-service.ts";
import { createDoubtfulReplicas, type DoubtfulReplicas } from "@commonhold/coordinator/transfers/doubtful-replicas.ts";
import { quickHash } from "../network/quick-hash.ts";
import { createDeletionParts, type DeletionParts } from "./deletion-parts.ts";
import { type Foundation, layFoundation, type LifeDeps, nodesWhere } from "./life-foundation.ts";
import type { NodeReport } from "./node-registry.ts";
import { observeTransfers } from "./observed-transfers.ts";
import { settle } from "./strict-logger.ts";

/** The production code of one run of the coordinator's process, with what the simulation sees of it. */
export interface CoordinatorServices
  extends Pick<Foundation, "life" | "watch" | "catalog" | "transfers" | "placement" | "epochs" | "writing"> {
  readonly lossReports: LossReports;
  readonly doubtful: DoubtfulReplicas;
  readonly evictions: EvictionService;
  receiveHeartbeat(nodeId: NodeId, report: NodeReport): void;
}

/** Builds it all anew from what is on the disk, and lets it run. */
export async function startServices(deps: LifeDeps): Promise<CoordinatorServices> {
  const base = await layFoundation(deps);
  const { world, disk, watch, clock } = base;
  const deletion = createDeletionParts(base);
  const repair = new RepairService(
    {
      ...base,
      check: base.transfers.check,
      nodes: watch,
      onUnreferenced: (names) => {
        deletion.collect.offer(names);
        return Promise.resolve();
      },
    },
    world.pace.repair,
  );
  const requestRepair = (names: readonly ChunkName[]): void =>
    settle(world, repair.check(names), "a check that was asked for failed");
  const asked: Asked = { ...base, requestRepair, onQueued: deletion.onQueued };
  const antiEntropy = antiEntropyOf(asked);
  const requestComparison = (nodeId: NodeId): void => antiEntropy.request(nodeId);

  watch.onStatusChanged(({ nodeId, from, to }) => {
    if (to !== "active" || from === undefined) return;
    requestComparison(nodeId);
    deletion.onQueued(nodeId);
  });
  repair.start();
  startJobs(base, {
    repair,
    deletion,
    antiEntropy,
    drain: drainOf(asked, repair),
    rebalancing: rebalancingOf(asked, repair),
  });
  return {
    ...base,
    lossReports: createLossReports({ ...asked, requestComparison }),
    doubtful: createDoubtfulReplicas(asked),
    evictions: evictionsOf(asked),
    receiveHeartbeat: (nodeId, report) => {
      const node = disk.registry.report(nodeId, report, clock.nowMs());
      if (node !== undefined) watch.heard(node);
    },
  };
}

interface Asked extends Foundation {
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly onQueued: (nodeId?: NodeId) => void;
}

interface Periodic {
  readonly repair: RepairService;
  readonly deletion: DeletionParts;
  readonly antiEntropy: AntiEntropy;
  readonly drain: DrainLoop;
  readonly rebalancing: Rebalancing;
}

function antiEntropyOf(asked: Asked): AntiEntropy {
  const { world, watch, transfers } = asked;
  const { antiEntropyIntervalMs: intervalMs, antiEntropySoonMs: soonMs } = world.pace;
  const compare = createCompareInventory({
    ...asked,
    check: transfers.check,
    standingOf: (nodeId) => watch.standingOf(nodeId),
    sha256: quickHash,
  });
  return createAntiEntropy({ ...asked, compare }, { intervalMs, soonMs, concurrentMax: 2 });
}

function evictionsOf(asked: Asked): EvictionService {
  const { world, disk, placement } = asked;
  return createEvictionService({
    ...asked,
    liveNodes: world.broken === "careless-eviction" ? () => nodesWhere(disk, () => true) : asked.liveNodes,
    operatorOf: (nodeId) => disk.registry.get(nodeId)?.traits.operatorId,
    hasRoomElsewhere: (chunk) => {
      const held = new Set(chunk.replicas.map(({ nodeId }) => nodeId));
      return placement.replace(chunk, { ownerId: chunk.ownerId, failed: held, others: held }) !== undefined;
    },
  });
}

function drainOf(asked: Asked, repair: RepairService): DrainLoop {
  const { world, disk, watch, writing, onQueued } = asked;
  return createDrainLoop({
    ...asked,
    onQueued: () => onQueued(),
    whyNotCopied: (name) => repair.whyNotCopied(name),
    drainingNodes: () => nodesWhere(disk, (nodeId) => watch.status(nodeId) === "draining"),
    writeBarrier: () => writing.barrier(),
    markDrained: (nodeId) => {
      disk.registry.declare(nodeId, "drained");
      world.trace.record("drained", { nodeId });
      watch.changed(disk.registry.get(nodeId)!);
      return Promise.resolve();
    },
  });
}

function rebalancingOf(asked: Asked, repair: RepairService): Rebalancing {
  const { disk, watch, placement, liveNodes } = asked;
  return createRebalancing({
    ...asked,
    transfers: observeTransfers(asked, "rebalancing"),
    fills: () =>
      liveNodes().map((id) => {
        const { usedBytes, traits } = disk.registry.get(id)!;
        return { id, usedBytes, capacityBytes: traits.capacityBytes };
      }),
    survey: () => placement.survey(),
    standingOf: (nodeId) => watch.standingOf(nodeId),
    mayMove: () => repair.status().queue.length === 0,
  });
}

function startJobs(base: Foundation, periodic: Periodic): void {
  const { pace } = base.world;
  const { repair, deletion, antiEntropy, drain, rebalancing } = periodic;
  const jobs: readonly (readonly [string, number, (signal: AbortSignal) => Promise<unknown>])[] = [
    ["repair-sweep", pace.sweepIntervalMs, (signal) => repair.sweep(signal)],
    ["deletion", pace.deletionIntervalMs, (signal) => deletion.runWorkers(signal)],
    ["collect", pace.deletionIntervalMs, (signal) => deletion.collect.run(signal)],
    ["purge", pace.housekeepingIntervalMs, (signal) => deletion.purge.run(signal)],
    ["forget", pace.housekeepingIntervalMs, (signal) => deletion.forget.run(signal)],
    ["anti-entropy", pace.antiEntropySoonMs, (signal) => antiEntropy.run(signal)],
    ["drain", pace.drainIntervalMs, (signal) => drain.run(signal)],
    ["rebalancing", pace.rebalancingIntervalMs, (signal) => rebalancing.run(signal)],
  ];
  for (const [name, intervalMs, run] of jobs) {
    const work = async (context: { readonly signal: AbortSignal }): Promise<void> => void (await run(context.signal));
    createJob(base, { name, description: name, intervalMs, run: work }).start();
  }
}
