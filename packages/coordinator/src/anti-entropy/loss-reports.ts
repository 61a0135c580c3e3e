import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

/** Names that a node may report at once. */
export const LOST_MAX = 1_000;
const BATCH = 500;

export interface LossReportsDeps {
  readonly catalog: Pick<ReplicaCatalog, "doubtReplicas">;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  /** Asks for a comparison with the node's inventory soon: it may have lost more than it knows. */
  readonly requestComparison: (nodeId: NodeId) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

/** Takes what nodes say they have lost. */
export interface LossReports {
  /** Durable when it resolves: the node may forget what it reported. @returns copies that counted until now */
  report(nodeId: NodeId, names: readonly ChunkName[]): Promise<number>;
}

export function createLossReports(deps: LossReportsDeps): LossReports {
  return {
    report: async (nodeId, names) => {
      if (names.length === 0) return 0;
      let doubted = 0;
      for (let from = 0; from < names.length; from += BATCH) {
        const batch = names.slice(from, from + BATCH);
        doubted += await deps.catalog.doubtReplicas(nodeId, batch, deps.clock.nowMs());
        deps.requestRepair(batch);
      }
      if (doubted === 0) return 0;
      deps.logger.warn({ node: nodeId, lost: names.length, counted: doubted }, "a node reports chunks that it lost");
      deps.requestComparison(nodeId);
      return doubted;
    },
  };
}
