import { hasCode } from "@commonhold/core/app-error.ts";
import { createSimulatedTransfers, type SimulatedTransfers } from "../network/simulated-transfers.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import type { CoordinatorLife } from "./coordinator-life.ts";

const COPY_FAILURES = [
  "NODE_UNREACHABLE",
  "TIMEOUT",
  "CHUNK_NOT_FOUND",
  "CHUNK_CORRUPT",
  "NO_SPACE",
  "NODE_DRAINING",
] as const;

/** What one life of the coordinator asks of nodes: cut off when it ends, and watched. */
export function observeTransfers(
  { world, life }: { readonly world: SimulatedWorld; readonly life: CoordinatorLife },
  kind: "repair" | "rebalancing",
): SimulatedTransfers {
  const transfers = createSimulatedTransfers({
    network: world.network,
    node: (nodeId) => world.nodes.get(nodeId),
    broken: world.broken,
    onCopy: (step, { source, target, chunk }) => {
      world.trace.record(`copy_${step}`, { nodeId: target, chunk: chunk.name, note: `from ${source}, ${kind}` });
      for (const checker of world.checkers) {
        if (kind === "rebalancing" && step === "began") checker.onWorkGiven?.(chunk.sealedLength);
        else if (step === "began") checker.onCopyBegan?.({ source, target, chunk });
        else checker.onCopyArrived?.({ source, target, chunk });
      }
    },
  });
  return {
    store: (...call) => life.through(() => transfers.store(...call)),
    replicate: (target, from, signal) =>
      life.through(() =>
        transfers.replicate(target, from, signal).catch((error: unknown) => {
          const note = hasCode(error, ...COPY_FAILURES) ? error.code : String(error);
          world.trace.record("copy_failed", { nodeId: target, chunk: from.chunk.name, note });
          throw error;
        }),
      ),
    check: (...call) => life.through(() => transfers.check(...call)),
    delete: (...call) => life.through(() => transfers.delete(...call)),
    inventorySummary: (...call) => life.through(() => transfers.inventorySummary(...call)),
    inventory: (...call) => life.through(() => transfers.inventory(...call)),
  };
}
