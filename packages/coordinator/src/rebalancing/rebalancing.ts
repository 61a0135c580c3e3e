import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { NodeSurvey } from "@commonhold/core/placement/node-survey.ts";
import { type NodeFill, type RebalancingMove, RebalancingPlan } from "@commonhold/core/repair/plan-rebalancing.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { forEachConcurrently } from "../for-each-concurrently.ts";
import type { ReplicaTransfers } from "../repair/replica-transfers.ts";
import { TokenBucket } from "../repair/token-bucket.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";

const PAGE = 500;
const BATCH = 500;
/** A node that fails so often is asked nothing more in this run. */
const FAILURES_MAX = 3;

export interface RebalancingDeps {
  readonly catalog: Pick<ReplicaCatalog, "get" | "getMany" | "pageOfNode" | "recordReplica" | "leaveReplicas">;
  readonly transfers: Pick<ReplicaTransfers, "replicate">;
  readonly epochs: DeleteEpochs;
  /** Live nodes, as full as they say they are. */
  readonly fills: () => readonly NodeFill[];
  readonly survey: () => NodeSurvey;
  readonly standingOf: (nodeId: NodeId) => NodeStanding;
  /** False while chunks wait for repair, which comes first. */
  readonly mayMove: () => boolean;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  readonly writing: { begin(name: ChunkName): () => void };
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export interface RebalancingOptions {
  readonly movesMax: number;
  readonly bytesMax: number;
  readonly bytesPerSecond: number;
  readonly concurrent: number;
}

export const REBALANCING_DEFAULTS: RebalancingOptions = {
  movesMax: 1_000,
  bytesMax: 4 * 1024 ** 3,
  bytesPerSecond: 16 * 1024 ** 2,
  concurrent: 2,
};

export interface PlannedMoves {
  /** Bytes used over bytes of capacity, of all live nodes together. */
  readonly meanFill: number;
  readonly moves: readonly RebalancingMove[];
}

export interface RebalancingOutcome {
  readonly planned: number;
  readonly moved: number;
  readonly movedBytes: number;
}

/** Moves copies from nodes that are fuller than the rest to where they would be placed today. */
export interface Rebalancing {
  /** What `run` would do now. Changes nothing. */
  plan(signal: AbortSignal): Promise<PlannedMoves>;
  /** Each copy stands at its new node before the old one is told to leave. */
  run(signal: AbortSignal, onProgress?: (done: number, total: number) => void): Promise<RebalancingOutcome>;
  /** An operator's; what is not given is as it was configured. */
  setThrottle(throttle: { readonly bytesPerSecond?: number; readonly concurrent?: number }): void;
}

export function createRebalancing(
  deps: RebalancingDeps,
  options: RebalancingOptions = REBALANCING_DEFAULTS,
): Rebalancing {
  const bucket = new TokenBucket(deps.clock, options.bytesPerSecond);
  let { concurrent } = options;
  /** Copies that were moved and whose old ones are not dropped yet: their nodes still count them as used. */
  const leaving = new Set<RebalancingMove>();

  const plan = async (signal: AbortSignal): Promise<PlannedMoves> => {
    await forgetDropped(deps, leaving);
    const network = { fills: fillsAfter(deps.fills(), leaving), survey: deps.survey(), standingOf: deps.standingOf };
    const made = new RebalancingPlan(network, options);
    for (const donor of made.donors()) {
      await considerDonor(deps, { plan: made, donor }, signal);
      if (made.isComplete) break;
    }
    return { meanFill: made.meanFill, moves: made.moves };
  };

  const run: Rebalancing["run"] = async (signal, onProgress) => {
    if (!deps.mayMove()) return { planned: 0, moved: 0, movedBytes: 0 };
    const { moves } = await plan(signal);
    const failures = new Map<NodeId, number>();
    let done = 0;
    let moved = 0;
    let movedBytes = 0;
    await forEachConcurrently(moves, { concurrentMax: concurrent, signal }, async (move) => {
      const isTried = deps.mayMove() && (failures.get(move.to) ?? 0) < FAILURES_MAX;
      try {
        if (!isTried || !(await carryOut(deps, { move, bucket }, signal))) return;
        leaving.add(move);
        moved += 1;
        movedBytes += move.length;
      } catch (error) {
        signal.throwIfAborted();
        failures.set(move.to, (failures.get(move.to) ?? 0) + 1);
        deps.logger.warn({ err: error, ...move }, "a copy could not be moved");
      } finally {
        done += 1;
        onProgress?.(done, moves.length);
      }
    });
    if (moved > 0) deps.logger.info({ moved, bytes: movedBytes }, "copies were moved to emptier nodes");
    return { planned: moves.length, moved, movedBytes };
  };

  return {
    plan,
    run,
    setThrottle: (throttle) => {
      bucket.setRate(throttle.bytesPerSecond ?? options.bytesPerSecond);
      concurrent = throttle.concurrent ?? options.concurrent;
    },
  };
}

async function considerDonor(
  deps: RebalancingDeps,
  { plan, donor }: { readonly plan: RebalancingPlan; readonly donor: NodeId },
  signal: AbortSignal,
): Promise<void> {
  let after: ChunkName | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.pageOfNode(donor, { after, limit: PAGE });
    if (page.length === 0) return;
    for (const chunk of page) {
      if (plan.isComplete || !plan.donors().includes(donor)) return;
      if (chunk.isReferenced && !deps.isBeingWritten(chunk.name)) plan.consider(chunk);
    }
    after = page.at(-1)?.name;
    await deps.sleep(0, signal);
  }
}

/** @returns false where things have changed since the plan was made */
async function carryOut(
  deps: RebalancingDeps,
  { move, bucket }: { readonly move: RebalancingMove; readonly bucket: TokenBucket },
  signal: AbortSignal,
): Promise<boolean> {
  const { name, from, to, length } = move;
  for (let waitMs = bucket.waitMs(); waitMs > 0; waitMs = bucket.waitMs()) {
    await deps.sleep(waitMs, signal);
    signal.throwIfAborted();
  }
  const chunk = await deps.catalog.get(name);
  const stateAt = (nodeId: NodeId) => chunk?.replicas.find((replica) => replica.nodeId === nodeId)?.state;
  if (chunk?.isReferenced !== true || stateAt(from) !== "active" || stateAt(to) !== undefined) return false;
  if (chunk.pins.includes(from) || deps.isBeingWritten(name)) return false;
  bucket.take(length);
  const end = deps.writing.begin(name);
  try {
    const epoch = deps.epochs.current();
    const { ownerId } = chunk;
    const ref = { name, sealedLength: length };
    await deps.transfers.replicate(to, { source: from, chunk: ref, epoch, ownerId }, signal);
    await deps.catalog.recordReplica({ name, nodeId: to, epoch, nowMs: deps.clock.nowMs() });
    await deps.catalog.leaveReplicas(from, [name], deps.clock.nowMs());
  } finally {
    end();
  }
  deps.requestRepair([name]);
  return true;
}

async function forgetDropped(deps: RebalancingDeps, leaving: Set<RebalancingMove>): Promise<void> {
  const moves = [...leaving];
  for (let start = 0; start < moves.length; start += BATCH) {
    const batch = moves.slice(start, start + BATCH);
    const chunks = await deps.catalog.getMany(batch.map(({ name }) => name));
    for (const move of batch) {
      const replicas = chunks.get(move.name)?.replicas ?? [];
      const isLeaving = replicas.some(({ nodeId, state }) => nodeId === move.from && state === "leaving");
      if (!isLeaving) leaving.delete(move);
    }
  }
}

function fillsAfter(fills: readonly NodeFill[], leaving: ReadonlySet<RebalancingMove>): NodeFill[] {
  const bytes = new Map<NodeId, number>();
  for (const { from, length } of leaving) bytes.set(from, (bytes.get(from) ?? 0) + length);
  return fills.map((fill) => ({ ...fill, usedBytes: Math.max(0, fill.usedBytes - (bytes.get(fill.id) ?? 0)) }));
}
