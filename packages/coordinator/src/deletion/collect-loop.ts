import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";

const BATCH = 500;
/** What is offered beyond it comes again with the next sweep. */
const OFFERED_MAX = 100_000;

export interface CollectLoopDeps {
  readonly catalog: Pick<ReplicaCatalog, "collectUnreferenced">;
  readonly epochs: DeleteEpochs;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  /** Called when deletions were queued. */
  readonly onQueued: () => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}

/** Forgets chunks that no file uses any more, and has their copies deleted. */
export interface CollectLoop {
  /** Chunks that a sweep of the catalog found unused; whether they are is asked again when they are collected. */
  offer(names: readonly ChunkName[]): void;
  readonly waiting: number;
  /** Collects what was offered. @returns chunks that were forgotten */
  run(signal: AbortSignal): Promise<number>;
}

export function createCollectLoop(deps: CollectLoopDeps): CollectLoop {
  const offered = new Set<ChunkName>();

  /** Those being written are left for the next sweep. */
  const takeBatch = (): ChunkName[] => {
    const batch: ChunkName[] = [];
    for (const name of offered) {
      if (batch.length === BATCH) break;
      offered.delete(name);
      if (!deps.isBeingWritten(name)) batch.push(name);
    }
    return batch;
  };

  return {
    offer: (names) => {
      for (const name of names) if (offered.size < OFFERED_MAX) offered.add(name);
    },
    get waiting() {
      return offered.size;
    },
    run: async (signal) => {
      let forgotten = 0;
      while (offered.size > 0) {
        signal.throwIfAborted();
        const batch = takeBatch();
        if (batch.length === 0) continue;
        const terms = { epoch: deps.epochs.next(), nowMs: deps.clock.nowMs() };
        const count = await deps.catalog.collectUnreferenced(batch, terms);
        if (count > 0) deps.onQueued();
        forgotten += count;
      }
      if (forgotten > 0) deps.logger.info({ chunks: forgotten }, "chunks that no file uses are forgotten");
      return forgotten;
    },
  };
}
