import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Registry } from "prom-client";
import { createCopyCheck } from "./anti-entropy/copy-check.ts";
import type { CoordinatorConfig } from "./config/coordinator-config.ts";
import type { TransferParts } from "./coordinator-transfers.ts";
import { createJob, type Job } from "./jobs/job.ts";
import type { JobRegistry } from "./jobs/job-registry.ts";
import type { NodeDirectory } from "./nodes/node-directory.ts";
import type { KeptCopies, SweepFindings } from "./repair/repair-deps.ts";
import { registerRepairMetrics } from "./repair/repair-metrics.ts";
import { RepairService } from "./repair/repair-service.ts";

export interface DurabilityDeps {
  readonly directory: NodeDirectory;
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What keeps stored files whole. */
export interface DurabilityParts {
  readonly repair: RepairService;
  /** Sweeps. */
  readonly repairJob: Job;
  /** Ends what goes on between the runs of jobs. */
  stop(): Promise<void>;
}

/** Opens repair, connects it with what finds damage, and begins it. */
export function openDurability(
  deps: DurabilityDeps & SweepFindings,
  transfers: TransferParts,
  config: CoordinatorConfig["repair"],
): DurabilityParts {
  const { directory, jobs, logger } = deps;
  const { catalog, epochs, repairRequests } = transfers.replicas;
  const repair = new RepairService(
    {
      ...deps,
      catalog,
      epochs,
      transfers: transfers.replicaTransfers,
      check: createCopyCheck({ transfers: transfers.nodeTransfers, buffers: transfers.buffers }),
      nodes: directory,
      placement: transfers.placement,
      kept: keptCopies(transfers),
    },
    {
      bytesPerSecond: config.bytes_per_second,
      bytesPerSecondPerNode: config.bytes_per_second_per_node,
      concurrent: config.concurrent,
      concurrentPerNode: config.concurrent_per_node,
      surplusDelayMs: config.surplus_delay_s * 1000,
    },
  );
  registerRepairMetrics(deps.registry, () => repair.status());
  const repairJob = createJob(deps, {
    name: "repair",
    description: "Looks through all chunks, makes the copies that are missing and drops those that are too many.",
    intervalMs: config.sweep_interval_s * 1000,
    canThrottle: true,
    run: async ({ signal, progress }) => {
      await repair.sweep(signal, (done) => progress({ done, unit: "chunks" }));
    },
    onConfigured: (settings) => repair.configure(settings),
  });
  jobs.add(repairJob);
  repairRequests.connect((names, refusedBy) => {
    const checked = refusedBy === undefined ? repair.check(names) : repair.noteRefusal(refusedBy, names);
    checked.catch((error: unknown) => {
      logger.error({ err: error, chunks: names.length }, "chunks that were found damaged could not be looked at");
    });
  });
  directory.onStatusChanged(({ to }) => {
    if (to === "active") void transfers.handoff.runNow();
  });
  repair.start();
  return { repair, repairJob, stop: () => repair.stop() };
}

function keptCopies({ spool, nodeTransfers }: TransferParts): KeptCopies {
  return {
    has: (name) => spool.has(name),
    send: async (target, { chunk, epoch, ownerId }, signal) => {
      const sealed = await spool.get(chunk.name);
      if (sealed === undefined) {
        throw new AppError("CHUNK_NOT_FOUND", `the copy of chunk ${chunk.name} that was kept here is gone or spoiled`);
      }
      await nodeTransfers.store(target, { name: chunk.name, sealed, epoch, ownerId }, signal);
    },
  };
}
