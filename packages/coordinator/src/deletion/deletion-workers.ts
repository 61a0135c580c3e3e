import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { DeletionOutcome, QueuedDeletion, ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { forEachConcurrently } from "../for-each-concurrently.ts";
import type { ReplicaTransfers } from "../repair/replica-transfers.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";

/** Deletions in memory for one node, and settled in one change of the metadata. */
const PAGE = 256;
/** A node that keeps failing is left in peace until the next run. */
const FAILURES_MAX = 5;

export interface DeletionWorkersDeps {
  readonly catalog: Pick<ReplicaCatalog, "deletionsOf" | "waitingDeletions" | "settleDeletions">;
  readonly transfers: Pick<ReplicaTransfers, "delete">;
  readonly epochs: DeleteEpochs;
  readonly isReachable: (nodeId: NodeId) => boolean;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

export interface DeletionWorkersOptions {
  readonly concurrentNodesMax: number;
  readonly concurrentPerNodeMax: number;
}

export const DELETION_DEFAULTS: DeletionWorkersOptions = { concurrentNodesMax: 8, concurrentPerNodeMax: 4 };

/** Has nodes delete what is queued for them, as soon as they can be reached. */
export interface DeletionWorkers {
  /** All nodes that can be reached and have something to delete, each once through its queue. */
  run(signal: AbortSignal): Promise<void>;
  /** One node's queue, as when it has returned; joins a run of it that is under way. */
  runNode(nodeId: NodeId, signal: AbortSignal): Promise<void>;
}

export function createDeletionWorkers(
  deps: DeletionWorkersDeps,
  options: DeletionWorkersOptions = DELETION_DEFAULTS,
): DeletionWorkers {
  const underWay = new Map<NodeId, Promise<void>>();

  const runNode = (nodeId: NodeId, signal: AbortSignal): Promise<void> => {
    let task = underWay.get(nodeId);
    if (task === undefined) {
      task = emptyQueue(deps, { nodeId, concurrentMax: options.concurrentPerNodeMax }, signal).finally(() =>
        underWay.delete(nodeId),
      );
      underWay.set(nodeId, task);
    }
    return task;
  };

  return {
    runNode,
    run: async (signal) => {
      const waiting = await deps.catalog.waitingDeletions();
      const nodes = [...waiting.keys()].filter((id) => deps.isReachable(id));
      await forEachConcurrently(nodes, { concurrentMax: options.concurrentNodesMax, signal }, (nodeId) =>
        runNode(nodeId, signal),
      );
    },
  };
}

interface NodeQueue {
  readonly nodeId: NodeId;
  readonly concurrentMax: number;
}

interface Settled {
  readonly name: ChunkName;
  readonly epoch: number;
  readonly outcome: DeletionOutcome;
}

/** What could not be deleted stays queued. */
async function emptyQueue(deps: DeletionWorkersDeps, queue: NodeQueue, signal: AbortSignal): Promise<void> {
  let after: ChunkName | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.deletionsOf(queue.nodeId, { after, limit: PAGE });
    const failures = await deletePage(deps, queue, { page, signal });
    after = page.at(-1)?.name;
    if (page.length < PAGE || failures >= FAILURES_MAX || !deps.isReachable(queue.nodeId)) return;
  }
}

/** @returns failures; what was done is settled also where the rest failed or was aborted */
async function deletePage(
  deps: DeletionWorkersDeps,
  { nodeId, concurrentMax }: NodeQueue,
  part: { readonly page: readonly QueuedDeletion[]; readonly signal: AbortSignal },
): Promise<number> {
  const { page, signal } = part;
  const outcomes: Settled[] = [];
  let failures = 0;
  try {
    await forEachConcurrently(page, { concurrentMax, signal }, async ({ name, epoch }) => {
      // Its writer would have to begin again; the deletion can wait.
      if (failures >= FAILURES_MAX || deps.isBeingWritten(name)) return;
      try {
        outcomes.push({ name, epoch, outcome: await deleteAt(deps, { nodeId, name, epoch }, signal) });
      } catch (error) {
        signal.throwIfAborted();
        failures += hasCode(error, "NODE_UNREACHABLE", "TIMEOUT", "NODE_NOT_FOUND") ? FAILURES_MAX : 1;
        deps.logger.warn({ err: error, node: nodeId, chunk: name }, "a copy could not be deleted yet");
      }
    });
  } finally {
    await settle(deps, nodeId, outcomes);
  }
  return failures;
}

async function deleteAt(
  deps: DeletionWorkersDeps,
  { nodeId, ...chunk }: { readonly nodeId: NodeId; readonly name: ChunkName; readonly epoch: number },
  signal: AbortSignal,
): Promise<DeletionOutcome> {
  try {
    return await deps.transfers.delete(nodeId, chunk, signal);
  } catch (error) {
    if (error instanceof AppError && error.code === "CHUNK_NOT_FOUND") return "deleted";
    throw error;
  }
}

async function settle(deps: DeletionWorkersDeps, nodeId: NodeId, outcomes: readonly Settled[]): Promise<void> {
  if (outcomes.length === 0) return;
  const isStoredAnew = outcomes.some(({ outcome }) => outcome === "stored_anew");
  await deps.catalog.settleDeletions(nodeId, outcomes, {
    freshEpoch: isStoredAnew ? deps.epochs.next() : deps.epochs.current(),
    nowMs: deps.clock.nowMs(),
  });
}
