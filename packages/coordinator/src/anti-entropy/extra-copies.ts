import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import { bucketBounds } from "@commonhold/core/repair/inventory-summary.ts";
import { judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { InventoryComparison, InventoryComparisonDeps } from "./inventory-comparison.ts";

const BATCH = 500;
/** Proofs that one comparison asks for: each moves a chunk. */
const CHECKED_MAX = 1_000;
/**
 * So many chunks of which nobody knows, and more than half of what a node holds: then it is more likely that the records
 * here are not what they were (an old backup, say) than that the node shall be emptied.
 */
const UNKNOWN_WITHOUT_DOUBT = 1_000;

interface Extras {
  readonly bucket: number;
  readonly extra: readonly ChunkName[];
  readonly signal: AbortSignal;
}

/** Names that a node lists and no row expects: of use, on their way, or to be deleted. */
export async function settleExtra(
  deps: InventoryComparisonDeps,
  result: InventoryComparison,
  { bucket, extra, signal }: Extras,
): Promise<void> {
  const queued = await queuedDeletions(deps, result, bucket);
  const rest = extra.filter((name) => !queued.has(name));
  for (let from = 0; from < rest.length; from += BATCH) {
    signal.throwIfAborted();
    // Asked before the catalog: what was being written until then has its row by then.
    const batch = rest.slice(from, from + BATCH).filter((name) => !deps.isBeingWritten(name));
    const strays = await sortOut(deps, result, { batch, signal });
    const mayDelete = isCredible(deps, result, strays.unknown.length);
    await deleteStrays(deps, result, mayDelete ? [...strays.needless, ...strays.unknown] : strays.needless);
  }
}

/** Those that the node shall delete anyway. */
async function queuedDeletions(
  { catalog }: InventoryComparisonDeps,
  { nodeId }: InventoryComparison,
  bucket: number,
): Promise<Set<ChunkName>> {
  const { after: before, until } = bucketBounds(bucket);
  const queued = new Set<ChunkName>();
  let after = before;
  for (;;) {
    const page = await catalog.deletionsOf(nodeId, { after, limit: BATCH });
    for (const { name } of page) if (name <= until) queued.add(name);
    after = page.at(-1)?.name;
    if (page.length < BATCH || after === undefined || after > until) return queued;
  }
}

interface Strays {
  /** Of chunks that are whole without them. */
  readonly needless: ChunkName[];
  readonly unknown: ChunkName[];
}

async function sortOut(
  deps: InventoryComparisonDeps,
  result: InventoryComparison,
  { batch, signal }: { readonly batch: readonly ChunkName[]; readonly signal: AbortSignal },
): Promise<Strays> {
  const chunks = await deps.catalog.getMany(batch);
  const strays: Strays = { needless: [], unknown: [] };
  for (const name of batch) {
    const chunk = chunks.get(name);
    if (chunk === undefined) {
      strays.unknown.push(name);
      continue;
    }
    const state = chunk.replicas.find(({ nodeId }) => nodeId === result.nodeId)?.state;
    if (state === "active" || state === "leaving") continue;
    const isOfUse = state !== undefined || isWanted(deps, chunk);
    const isHere = isOfUse && (await recordProved(deps, result, { chunk, signal }));
    if (!isHere && state === undefined) strays.needless.push(name);
  }
  return strays;
}

function isWanted({ standingOf }: InventoryComparisonDeps, chunk: ChunkRecord): boolean {
  if (!chunk.isReferenced) return false;
  const { missing, urgency } = judgeChunk(chunk, standingOf);
  return missing > 0 || urgency === "unreadable";
}

/** @returns false where the node does not have what it lists */
async function recordProved(
  deps: InventoryComparisonDeps,
  result: InventoryComparison,
  { chunk, signal }: { readonly chunk: ChunkRecord; readonly signal: AbortSignal },
): Promise<boolean> {
  if (result.checked >= CHECKED_MAX) {
    result.isPartial = true;
    return true;
  }
  result.checked += 1;
  const { name, sealedLength } = chunk;
  const { nodeId } = result;
  if (!(await deps.check(nodeId, { name, sealedLength }, signal))) {
    result.refuted += 1;
    return false;
  }
  try {
    await deps.catalog.recordReplica({ name, nodeId, epoch: undefined, nowMs: deps.clock.nowMs() });
    result.recorded += 1;
  } catch (error) {
    // It was deleted, or its deletion queued, meanwhile: the next comparison sees what became of it.
    if (!hasCode(error, "CHUNK_NOT_FOUND", "CONCURRENT_CHANGE")) throw error;
  }
  return true;
}

/** Whether the node's unknown chunks, `more` of them now, are to be believed rather than the records here. */
function isCredible({ logger }: InventoryComparisonDeps, result: InventoryComparison, more: number): boolean {
  const before = result.unknown;
  result.unknown += more;
  const limit = Math.max(UNKNOWN_WITHOUT_DOUBT, result.seen / 2);
  if (result.unknown <= limit) return true;
  const { nodeId, held, strays } = result;
  if (before <= limit) {
    logger.error(
      { node: nodeId, held, strays },
      "most of what a node holds is not known here: no more of it is deleted now, in case the records are too old",
    );
  }
  return false;
}

async function deleteStrays(
  deps: InventoryComparisonDeps,
  result: InventoryComparison,
  names: readonly ChunkName[],
): Promise<void> {
  if (names.length === 0) return;
  const terms = { epoch: deps.epochs.next(), nowMs: deps.clock.nowMs() };
  const queued = await deps.catalog.deleteStrays(result.nodeId, names, terms);
  result.strays += queued;
  if (queued > 0) deps.onQueued(result.nodeId);
}
