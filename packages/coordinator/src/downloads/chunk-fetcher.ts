import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { forwardAbort } from "../forward-abort.ts";
import type { ByteBudget, ReleaseBytes } from "../transfers/byte-budget.ts";
import type { ChunkRef } from "../transfers/node-retrievals.ts";
import type { NodeTransfers } from "../transfers/node-transfers.ts";
import type { DoubtfulReplicas } from "../transfers/doubtful-replicas.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { TransferMetrics } from "../transfers/transfer-metrics.ts";
import type { ReplicaSelector } from "./replica-selector.ts";

/** A replica that has not answered for so long gets company: the next one is asked too, the first answer counts. */
const HEDGE_AFTER_MS = 1_500;
const ROUNDS = 2;
const PAUSE_BETWEEN_ROUNDS_MS = 300;

export interface ChunkFetcherDeps {
  readonly transfers: Pick<NodeTransfers, "retrieve" | "isAvailable">;
  readonly selector: ReplicaSelector;
  /** A copy that the coordinator keeps for a node that is away. */
  readonly spooled: (name: ChunkName) => Promise<Uint8Array | undefined>;
  readonly doubtful: Pick<DoubtfulReplicas, "add">;
  readonly buffers: Pick<TransferBuffers, "sealed">;
  /** For the sealed bytes of replicas that are asked beside the first; without room the first is waited for. */
  readonly budget: Pick<ByteBudget, "tryAcquire">;
  readonly clock: Clock;
  readonly metrics: TransferMetrics;
  readonly logger: Logger;
}

/**
 * The sealed bytes of a chunk from whichever holder gives them soonest, verified against the name. The caller releases
 * them.
 * @throws AppError CHUNK_UNAVAILABLE when no holder has them
 */
export type ChunkFetcher = (
  chunk: WantedChunk,
  holders: readonly NodeId[],
  signal: AbortSignal,
) => Promise<BufferLease>;

export interface WantedChunk extends ChunkRef {
  /** Nodes whose copies were found to be missing or wrong: they are asked when all else has failed. */
  readonly doubtful?: readonly NodeId[];
}

export function createChunkFetcher(deps: ChunkFetcherDeps): ChunkFetcher {
  const noteFailure = (error: unknown, chunk: ChunkRef, nodeId: NodeId): void => {
    const fault = faultOf(error);
    deps.selector.failed(nodeId);
    deps.metrics.badReplica(fault);
    if (fault !== "unreachable") deps.doubtful.add(chunk.name, nodeId);
    deps.logger.warn({ err: error, node: nodeId, chunk: chunk.name }, "a replica could not be read");
  };

  const fromNode = async (chunk: ChunkRef, nodeId: NodeId, signal: AbortSignal): Promise<BufferLease> => {
    const memory = deps.buffers.sealed.lease(chunk.sealedLength);
    const from = deps.clock.monotonicMs();
    try {
      const bytes = await deps.transfers.retrieve(nodeId, chunk, { signal, target: memory.bytes });
      verify(chunk, bytes, nodeId);
      deps.selector.succeeded(nodeId, deps.clock.monotonicMs() - from);
      return { bytes, release: memory.release };
    } catch (error) {
      memory.release();
      const elapsedMs = deps.clock.monotonicMs() - from;
      if (!signal.aborted) noteFailure(error, chunk, nodeId);
      else if (elapsedMs >= HEDGE_AFTER_MS) deps.selector.slow(nodeId, elapsedMs);
      throw error;
    }
  };

  return async ({ name, sealedLength, doubtful = [] }, holders, signal) => {
    const chunk = { name, sealedLength };
    let cause: unknown;
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await pause(PAUSE_BETWEEN_ROUNDS_MS, signal);
      const ordered = deps.selector.order(holders);
      const reachable = ordered.filter((id) => deps.transfers.isAvailable(id));
      const sound = reachable.length > 0 ? reachable : ordered;
      const tries = round === 0 ? sound : [...sound, ...deps.selector.order(doubtful)];
      try {
        return await firstOf(
          tries.map((id) => (attempt: AbortSignal) => fromNode(chunk, id, attempt)),
          { signal, roomForHedge: () => deps.budget.tryAcquire(sealedLength) },
        );
      } catch (error) {
        signal.throwIfAborted();
        cause = error;
      }
      const spooled = await deps.spooled(chunk.name);
      if (spooled !== undefined) return { bytes: spooled, release: () => {} };
    }
    throw new AppError(
      "CHUNK_UNAVAILABLE",
      `none of the ${holders.length} nodes that hold a part of this file can be reached: try again when they are back`,
      { details: { holders: [...holders] }, cause },
    );
  };
}

function verify(chunk: ChunkRef, sealed: Uint8Array, nodeId: NodeId): void {
  if (sealed.byteLength !== chunk.sealedLength || chunkNameOf(sealed) !== chunk.name) {
    throw new AppError("CHUNK_CORRUPT", `node ${nodeId} sent bytes that are not chunk ${chunk.name}`);
  }
}

function faultOf(error: unknown): "missing" | "wrong" | "unreachable" {
  if (hasCode(error, "CHUNK_NOT_FOUND")) return "missing";
  return hasCode(error, "CHUNK_CORRUPT") ? "wrong" : "unreachable";
}

/**
 * The first success of attempts begun one after another: the next begins when one fails, or is slow and there is room
 * for one more.
 */
function firstOf<T>(
  attempts: readonly ((signal: AbortSignal) => Promise<T>)[],
  {
    signal: outer,
    roomForHedge,
  }: { readonly signal: AbortSignal; readonly roomForHedge: () => ReleaseBytes | undefined },
): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  const endForwarding = forwardAbort(outer, ended);
  return new Promise<T>((resolve, reject) => {
    let next = 0;
    let underWay = 0;
    let hedge: NodeJS.Timeout | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(hedge);
      endForwarding();
      settle();
      if (underWay > 0) ended.abort(new Error("another replica answered"));
    };
    const hedgeLater = (): void => {
      hedge = setTimeout(() => {
        const release = roomForHedge();
        if (release === undefined) hedgeLater();
        else begin(release);
      }, HEDGE_AFTER_MS);
    };
    const begin = (release?: ReleaseBytes): void => {
      clearTimeout(hedge);
      const attempt = signal.aborted ? undefined : attempts[next];
      if (attempt === undefined) {
        release?.();
        return;
      }
      next += 1;
      underWay += 1;
      if (next < attempts.length) hedgeLater();
      attempt(signal)
        .finally(() => release?.())
        .then(
          (value) => {
            underWay -= 1;
            end(() => resolve(value));
          },
          (error: unknown) => {
            underWay -= 1;
            if (outer.aborted) end(() => reject(outer.reason as Error));
            else if (next < attempts.length) begin();
            else if (underWay === 0) end(() => reject(error));
          },
        );
    };
    if (outer.aborted) reject(outer.reason as Error);
    else if (attempts.length === 0) end(() => reject(new Error("the chunk has no holder")));
    else begin();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
