import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { HandoffSpool } from "./handoff-spool.ts";
import type { ChunkBytes } from "./node-transfers.ts";
import type { Acknowledged } from "./replica-writer.ts";

export interface LateReplicasDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly spool: HandoffSpool;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Follows the copies that were not there yet when a chunk was acknowledged. */
export interface LateReplicas {
  /**
   * Resolves when every copy has arrived or the chunk lies in the spool; until then the caller keeps the bytes.
   * Never rejects: what goes wrong is logged, and the assignment stays pending for the handoff loop.
   */
  follow(chunk: ChunkBytes, acknowledged: Acknowledged): Promise<void>;
  isBeingSent(name: ChunkName): boolean;
  /** Resolves when nothing is being followed. */
  idle(): Promise<void>;
}

export function createLateReplicas(deps: LateReplicasDeps): LateReplicas {
  const following = new Map<ChunkName, Promise<void>>();

  const record = async (chunk: ChunkBytes, acknowledged: Acknowledged): Promise<void> => {
    let missing = false;
    for (const { intended, outcome } of await acknowledged.settled) {
      if (outcome.kind === "missing") missing = true;
      else {
        await deps.metadata.apply("assignment.activate", {
          chunk_name: chunk.name,
          node_id: outcome.nodeId,
          instead_of: intended,
          now_ms: deps.clock.nowMs(),
        });
      }
    }
    if (missing && !(await deps.spool.put(chunk.name, chunk.sealed))) {
      deps.logger.warn(
        { chunk: chunk.name },
        "the hand-off spool is full: the missing copy will come from another node",
      );
    }
  };

  return {
    follow: (chunk, acknowledged) => {
      if (acknowledged.pending.length === 0) return Promise.resolve();
      const task = (following.get(chunk.name) ?? Promise.resolve())
        .then(() => record(chunk, acknowledged))
        .catch((error: unknown) => {
          deps.logger.error({ err: error, chunk: chunk.name }, "a late copy could not be recorded");
        })
        .finally(() => {
          if (following.get(chunk.name) === task) following.delete(chunk.name);
        });
      following.set(chunk.name, task);
      return task;
    },
    isBeingSent: (name) => following.has(name),
    idle: async () => {
      while (following.size > 0) await Promise.all(following.values());
    },
  };
}
