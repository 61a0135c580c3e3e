import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ExpectedReplica } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { InventoryComparison, InventoryComparisonDeps } from "./inventory-comparison.ts";

const BATCH = 500;

/** Copies that a node should hold and does not list are no longer counted, unless they changed meanwhile. */
export async function doubtMissing(
  deps: InventoryComparisonDeps,
  result: InventoryComparison,
  part: { readonly missing: readonly ExpectedReplica[]; readonly signal: AbortSignal },
): Promise<void> {
  const { missing, signal } = part;
  for (let from = 0; from < missing.length; from += BATCH) {
    signal.throwIfAborted();
    const names = await unchanged(deps, result, missing.slice(from, from + BATCH));
    if (names.length === 0) continue;
    result.doubted += await deps.catalog.doubtReplicas(result.nodeId, names, deps.clock.nowMs());
    deps.requestRepair(names);
  }
}

async function unchanged(
  { catalog }: InventoryComparisonDeps,
  { nodeId }: InventoryComparison,
  batch: readonly ExpectedReplica[],
): Promise<ChunkName[]> {
  const chunks = await catalog.getMany(batch.map(({ name }) => name));
  const same = batch.filter(({ name, sinceMs, state }) => {
    const replica = chunks.get(name)?.replicas.find((each) => each.nodeId === nodeId);
    return replica !== undefined && replica.sinceMs === sinceMs && replica.state === state;
  });
  return same.map(({ name }) => name);
}
