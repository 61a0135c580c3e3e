import { type CollectLoop, createCollectLoop } from "@commonhold/coordinator/deletion/collect-loop.ts";
import { createDeletionWorkers } from "@commonhold/coordinator/deletion/deletion-workers.ts";
import { createForgetLoop, type ForgetLoop } from "@commonhold/coordinator/deletion/forget-loop.ts";
import { createPurgeLoop, type PurgeLoop } from "@commonhold/coordinator/deletion/purge-loop.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { type Foundation, nodesWhere } from "./life-foundation.ts";
import { settle } from "./strict-logger.ts";

export interface DeletionParts {
  readonly collect: CollectLoop;
  readonly purge: PurgeLoop;
  readonly forget: ForgetLoop;
  readonly runWorkers: (signal: AbortSignal) => Promise<void>;
  /** Something was queued, for this node or for any: no need to wait for the next run. */
  readonly onQueued: (nodeId?: NodeId) => void;
}

export function createDeletionParts(base: Foundation): DeletionParts {
  const { world, disk, watch, transfers } = base;
  const { signal } = new AbortController();
  const workers = createDeletionWorkers({
    ...base,
    transfers: world.broken === "unsent-deletion" ? { delete: () => Promise.resolve("deleted") } : transfers,
    isReachable: (nodeId) => ["live", "draining"].includes(watch.standingOf(nodeId)),
  });
  const onQueued = (nodeId?: NodeId): void => {
    const run = nodeId === undefined ? workers.run(signal) : workers.runNode(nodeId, signal);
    settle(world, run, "deletions failed");
  };
  return {
    collect: createCollectLoop({ ...base, onQueued: () => onQueued() }),
    purge: createPurgeLoop(base, { graceMs: world.pace.graceMs }),
    forget: createForgetLoop({
      ...base,
      nodesGone: () => nodesWhere(disk, (_, declared) => declared === "banned" || declared === "drained"),
    }),
    runWorkers: (ending) => workers.run(ending),
    onQueued,
  };
}
