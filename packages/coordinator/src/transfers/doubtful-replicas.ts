import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

const BATCH = 500;
/** What is found beyond it, while the catalog does not keep up, is found again by the next reading. */
const WAITING_MAX = 10_000;

export interface DoubtfulReplicasDeps {
  readonly catalog: Pick<ReplicaCatalog, "doubtReplicas">;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

/**
 * Replicas that were missing or wrong when they were read: they count no more, and are repaired. Writing that down takes
 * a moment, in which readers and deduplication ask here.
 */
export interface DoubtfulReplicas {
  add(name: ChunkName, nodeId: NodeId): void;
  /** Whether it is found and not written down yet. */
  has(name: ChunkName, nodeId: NodeId): boolean;
  /** The node took the chunk anew. */
  clear(name: ChunkName, nodeId: NodeId): void;
  /** Resolves when nothing waits to be written down. */
  idle(): Promise<void>;
}

export function createDoubtfulReplicas(deps: DoubtfulReplicasDeps): DoubtfulReplicas {
  const waiting = new Map<NodeId, Set<ChunkName>>();
  let count = 0;
  let flushing: Promise<void> | undefined;

  const clear = (name: ChunkName, nodeId: NodeId): void => {
    const names = waiting.get(nodeId);
    if (names?.delete(name) !== true) return;
    count -= 1;
    if (names.size === 0) waiting.delete(nodeId);
  };

  const writeDown = async (nodeId: NodeId, names: readonly ChunkName[]): Promise<void> => {
    try {
      await deps.catalog.doubtReplicas(nodeId, names, deps.clock.nowMs());
      deps.requestRepair(names);
    } catch (error) {
      deps.logger.error({ err: error, node: nodeId, chunks: names.length }, "wrong replicas could not be written down");
    } finally {
      for (const name of names) clear(name, nodeId);
    }
  };

  const flush = async (): Promise<void> => {
    // What is found at the same moment is written down together.
    await Promise.resolve();
    for (let next = waiting.entries().next(); next.done !== true; next = waiting.entries().next()) {
      const [nodeId, names] = next.value;
      await writeDown(nodeId, [...names].slice(0, BATCH));
    }
    flushing = undefined;
  };

  return {
    add: (name, nodeId) => {
      let names = waiting.get(nodeId);
      if (names?.has(name) === true || count >= WAITING_MAX) return;
      if (names === undefined) waiting.set(nodeId, (names = new Set()));
      names.add(name);
      count += 1;
      flushing ??= flush();
    },
    has: (name, nodeId) => waiting.get(nodeId)?.has(name) ?? false,
    clear,
    idle: async () => {
      while (flushing !== undefined) await flushing;
    },
  };
}
