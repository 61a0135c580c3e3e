import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { HandoffSpool } from "./handoff-spool.ts";
import type { ChunkBytes } from "./node-stores.ts";
import type { RequestRepair } from "./repair-requests.ts";
import type { Acknowledged } from "./replica-writer.ts";

export interface LateReplicasDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly spool: Pick<HandoffSpool, "put">;
  /** For a copy that arrived nowhere and could not be kept here either. */
  readonly requestRepair: RequestRepair;
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

  const keepForLater = async (chunk: ChunkBytes): Promise<void> => {
    let isKept = false;
    try {
      isKept = await deps.spool.put(chunk.name, chunk.sealed);
      if (isKept) return;
      deps.logger.warn(
        { chunk: chunk.name },
        "the hand-off spool is full: the missing copy will come from another node",
      );
    } finally {
      if (!isKept) deps.requestRepair([chunk.name]);
    }
  };

  /** What fails does not keep the rest from being recorded. */
  const record = async (chunk: ChunkBytes, acknowledged: Acknowledged): Promise<void> => {
    const settled = await acknowledged.settled;
    reachUploadStep("coordinator:before-late-copies");
    const tasks: Promise<unknown>[] = settled.flatMap(({ intended, outcome }) =>
      outcome.kind === "missing"
        ? []
        : deps.metadata.apply("assignment.activate", {
            chunk_name: chunk.name,
            node_id: outcome.nodeId,
            instead_of: intended,
            epoch: chunk.epoch,
            now_ms: deps.clock.nowMs(),
          }),
    );
    if (settled.some(({ outcome }) => outcome.kind === "missing")) tasks.push(keepForLater(chunk));
    for (const result of await Promise.allSettled(tasks)) {
      if (result.status === "fulfilled") continue;
      const log = { err: result.reason as unknown, chunk: chunk.name };
      if (isDeletedMeanwhile(result.reason)) deps.logger.info(log, "a late copy came too late: the chunk was deleted");
      else deps.logger.error(log, "a late copy could not be recorded");
    }
    reachUploadStep("coordinator:late-copies-recorded");
  };

  return {
    follow: (chunk, acknowledged) => {
      if (acknowledged.pending.length === 0) return Promise.resolve();
      const task = (following.get(chunk.name) ?? Promise.resolve())
        .then(() => record(chunk, acknowledged))
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

function isDeletedMeanwhile(error: unknown): boolean {
  return hasCode(error, "CONCURRENT_CHANGE", "CHUNK_NOT_FOUND");
}
