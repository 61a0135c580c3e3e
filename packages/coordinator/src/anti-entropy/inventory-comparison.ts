import { AppError } from "@commonhold/core/app-error.ts";
import type { Sha256 } from "@commonhold/core/audit/hash-functions.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import {
  BUCKET_COUNT,
  bucketBounds,
  differingBuckets,
  type InventorySummary,
  InventorySummaryBuilder,
} from "@commonhold/core/repair/inventory-summary.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ExpectedReplica, ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ReplicaTransfers } from "../repair/replica-transfers.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";
import type { CopyCheck } from "./copy-check.ts";
import { doubtMissing } from "./missing-copies.ts";
import { settleExtra } from "./extra-copies.ts";

const PAGE = 2_000;
const LISTED_MAX = 10_000;
/** Far more than a node of any size has of one bucket: a listing that goes on is no listing. */
const BUCKET_NAMES_MAX = 500_000;

export interface InventoryComparisonDeps {
  readonly catalog: Pick<
    ReplicaCatalog,
    "expectedOf" | "getMany" | "recordReplica" | "doubtReplicas" | "deleteStrays" | "deletionsOf"
  >;
  readonly transfers: Pick<ReplicaTransfers, "inventorySummary" | "inventory">;
  readonly check: CopyCheck;
  readonly epochs: DeleteEpochs;
  readonly standingOf: (nodeId: NodeId) => NodeStanding;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  /** Called when deletions were queued. */
  readonly onQueued: (nodeId: NodeId) => void;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

export interface InventoryComparison {
  readonly nodeId: NodeId;
  /** When it began: what changed later is no difference. */
  readonly startedAtMs: number;
  /** Names that the node says it holds. */
  readonly held: number;
  readonly bucketsCompared: number;
  /** Of `held`, those in the buckets up to the one being compared. */
  seen: number;
  /** Expected and not held: no longer counted. */
  doubted: number;
  /** Held, of use, and proved: counted from now on. */
  recorded: number;
  /** Held and of no use: to be deleted. */
  strays: number;
  /** Held, and nobody here knows of them. */
  unknown: number;
  /** Proofs that were asked for, and those that failed. */
  checked: number;
  refuted: number;
  /** Something was left for the next comparison, as one does only so much. */
  isPartial: boolean;
}

/**
 * Compares what a node holds with what it should hold, summary by summary, then names where they differ, and mends both
 * sides: what it lacks is made anew, what it holds in vain is deleted.
 * @throws AppError NODE_UNREACHABLE, TIMEOUT …; PROTOCOL_ERROR where its answers are out of order
 */
export type CompareInventory = (nodeId: NodeId, signal: AbortSignal) => Promise<InventoryComparison>;

export function createCompareInventory(deps: InventoryComparisonDeps): CompareInventory {
  return async (nodeId, signal) => {
    const startedAtMs = deps.clock.nowMs();
    const expected = await summariseExpected(deps, nodeId, signal);
    const actual = await deps.transfers.inventorySummary(nodeId, signal);
    if (actual.buckets.length !== BUCKET_COUNT) {
      throw new AppError("PROTOCOL_ERROR", `node ${nodeId} summarised its chunks in ${actual.buckets.length} parts`);
    }
    const buckets = differingBuckets(expected.buckets, actual.buckets);
    const result: InventoryComparison = {
      nodeId,
      startedAtMs,
      held: actual.buckets.reduce((sum, { count }) => sum + count, 0),
      bucketsCompared: buckets.length,
      seen: 0,
      doubted: 0,
      recorded: 0,
      strays: 0,
      unknown: 0,
      checked: 0,
      refuted: 0,
      isPartial: false,
    };
    let passed = 0;
    for (const bucket of buckets) {
      while (passed <= bucket) result.seen += actual.buckets[passed++]!.count;
      await compareBucket(deps, { result, bucket, count: actual.buckets[bucket]!.count }, signal);
      await deps.sleep(0, signal);
    }
    result.seen = result.held;
    logResult(deps, result);
    return result;
  };
}

function isExpected({ state }: ExpectedReplica): boolean {
  return state === "active" || state === "leaving";
}

async function summariseExpected(
  deps: InventoryComparisonDeps,
  nodeId: NodeId,
  signal: AbortSignal,
): Promise<InventorySummary> {
  const builder = new InventorySummaryBuilder(deps.sha256);
  let after: ChunkName | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.expectedOf(nodeId, { after, limit: PAGE });
    for (const replica of page) if (isExpected(replica)) builder.add(replica.name);
    after = page.at(-1)?.name;
    if (page.length < PAGE) return builder.finish();
    await deps.sleep(0, signal);
  }
}

/** What is expected is read first: what comes between that and the listing is asked again before anything is done. */
async function compareBucket(
  deps: InventoryComparisonDeps,
  part: { readonly result: InventoryComparison; readonly bucket: number; readonly count: number },
  signal: AbortSignal,
): Promise<void> {
  const { result, bucket } = part;
  const expected = await expectedIn(deps, { nodeId: result.nodeId, bucket }, signal);
  const held = await heldIn(deps, { nodeId: result.nodeId, bucket, count: part.count }, signal);
  const missing = expected.filter(({ name, sinceMs }) => !held.has(name) && sinceMs < result.startedAtMs);
  for (const { name } of expected) held.delete(name);
  if (missing.length > 0) await doubtMissing(deps, result, { missing, signal });
  if (held.size > 0) await settleExtra(deps, result, { bucket, extra: [...held], signal });
}

interface BucketOfNode {
  readonly nodeId: NodeId;
  readonly bucket: number;
}

async function expectedIn(
  deps: InventoryComparisonDeps,
  { nodeId, bucket }: BucketOfNode,
  signal: AbortSignal,
): Promise<ExpectedReplica[]> {
  const { after: before, until } = bucketBounds(bucket);
  const expected: ExpectedReplica[] = [];
  let after = before;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.expectedOf(nodeId, { after, until, limit: PAGE });
    for (const replica of page) if (isExpected(replica)) expected.push(replica);
    after = page.at(-1)?.name;
    if (page.length < PAGE) return expected;
  }
}

/** In order. */
async function heldIn(
  deps: InventoryComparisonDeps,
  { nodeId, bucket, count }: BucketOfNode & { readonly count: number },
  signal: AbortSignal,
): Promise<Set<ChunkName>> {
  const { after: before, until } = bucketBounds(bucket);
  const limit = Math.min(LISTED_MAX, count + 1);
  const held = new Set<ChunkName>();
  let after = before;
  for (;;) {
    const query = after === undefined ? { limit } : { after, limit };
    const { names, more } = await deps.transfers.inventory(nodeId, query, signal);
    for (const name of names) {
      if (after !== undefined && name <= after) {
        throw new AppError("PROTOCOL_ERROR", `node ${nodeId} lists ${name} after ${after}`);
      }
      if (name > until) return held;
      held.add(name);
      after = name;
    }
    if (!more) return held;
    if (names.length === 0 || held.size > BUCKET_NAMES_MAX) {
      throw new AppError("PROTOCOL_ERROR", `node ${nodeId} does not come to an end with its chunks up to ${until}`);
    }
  }
}

function logResult({ logger }: InventoryComparisonDeps, result: InventoryComparison): void {
  if (result.bucketsCompared === 0) return;
  const { nodeId, held, doubted, recorded, strays, unknown, checked, refuted } = result;
  if (doubted + recorded + strays + refuted === 0) return;
  logger.warn(
    { node: nodeId, held, doubted, recorded, strays, unknown, checked, refuted },
    "a node did not hold just what it should hold",
  );
}
