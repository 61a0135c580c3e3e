import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

/** Longer than any store that began before a deletion can take to be recorded. */
const SETTLED_KEPT_MS = 3_600_000;
const ROWS_PER_STEP = 1_000;

export interface ForgetLoopDeps {
  readonly catalog: Pick<ReplicaCatalog, "forgetSettledDeletions" | "forgetNode">;
  /** Nodes that will never come back. */
  readonly nodesGone: () => readonly NodeId[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}

/** Keeps the history of deletions, and of nodes that are gone, from growing. */
export interface ForgetLoop {
  run(signal: AbortSignal): Promise<void>;
}

export function createForgetLoop(deps: ForgetLoopDeps): ForgetLoop {
  const { catalog } = deps;

  const repeat = async (step: () => Promise<number>, signal: AbortSignal): Promise<number> => {
    let sum = 0;
    for (;;) {
      signal.throwIfAborted();
      const count = await step();
      sum += count;
      if (count < ROWS_PER_STEP) return sum;
    }
  };

  return {
    run: async (signal) => {
      const settledBeforeMs = deps.clock.nowMs() - SETTLED_KEPT_MS;
      await repeat(() => catalog.forgetSettledDeletions(settledBeforeMs, ROWS_PER_STEP), signal);
      for (const nodeId of deps.nodesGone()) {
        const rows = await repeat(() => catalog.forgetNode(nodeId, ROWS_PER_STEP, deps.clock.nowMs()), signal);
        if (rows > 0) deps.logger.info({ node: nodeId, rows }, "what a node that is gone held is forgotten");
      }
    },
  };
}
