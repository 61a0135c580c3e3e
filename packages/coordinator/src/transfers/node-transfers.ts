import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Exchange, PeerHost, PeerTarget } from "@commonhold/p2p/peer-host.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { type BatchOutcomes, requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { batchNameOf } from "@commonhold/wire/batch-name.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import type { GrantIssuer } from "./grant-issuer.ts";
import { createNodeGate, type NodeGate, type NodeGateLimits } from "./node-gate.ts";
import { StoreBatcher } from "./store-batcher.ts";
import type { TransferMetrics } from "./transfer-metrics.ts";

/** Sealed chunks up to this share an exchange where several are due: there the exchange costs more than the bytes. */
const BATCHED_LENGTH_MAX = 64 * 1024;

export interface NodeTransfersDeps {
  readonly host: PeerHost;
  readonly grants: GrantIssuer;
  /** Where a node can be reached now; undefined for one that is not known. */
  readonly target: (nodeId: NodeId) => PeerTarget | undefined;
  /** Who runs a node; undefined for one that is not known. */
  readonly operatorOf: (nodeId: NodeId) => string | undefined;
  readonly clock: Clock;
  readonly metrics: TransferMetrics;
}

export interface ChunkBytes {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
  /** Fences later deletions: `DeleteEpochs.current()` as it was before the chunk is sent. */
  readonly epoch: number;
  /** Whose it is: on a node that this person runs it may use the room reserved there. */
  readonly ownerId: UserId;
  /** Called when an attempt to send it has failed: its stream may refer to the bytes for longer than the attempt. */
  readonly onFailedAttempt?: () => void;
}

export interface ChunkRef {
  readonly name: ChunkName;
  readonly sealedLength: number;
}

/** Moves chunks between the coordinator and nodes, within each node's limits. */
export interface NodeTransfers {
  /** Whether calls to the node are let through now (its circuit breaker is not open). */
  isAvailable(nodeId: NodeId): boolean;
  /** Transfers with the node under way and waiting. */
  load(nodeId: NodeId): number;
  /** Resolves once the node has the chunk on disk. At most 3 tries where the node could not be reached. */
  store(nodeId: NodeId, chunk: ChunkBytes, signal: AbortSignal): Promise<void>;
  /**
   * One try: the reader has other replicas. The bytes are not verified here.
   * @param options.target memory for the sealed bytes; the result is a view of it
   */
  retrieve(
    nodeId: NodeId,
    chunk: ChunkRef,
    options: { readonly signal: AbortSignal; readonly target: Uint8Array },
  ): Promise<Uint8Array>;
  /** Lets the node fetch the chunk from another holder. */
  replicate(
    nodeId: NodeId,
    from: { readonly source: NodeId; readonly chunk: ChunkRef; readonly epoch: number; readonly ownerId: UserId },
    signal: AbortSignal,
  ): Promise<void>;
}

/** What stands between the coordinator and one node. */
interface Lane {
  readonly gate: NodeGate;
  readonly batcher: StoreBatcher;
}

export function createNodeTransfers(deps: NodeTransfersDeps, limits: NodeGateLimits): NodeTransfers {
  const lanes = new Map<NodeId, Lane>();
  const laneOf = (nodeId: NodeId): Lane => {
    let lane = lanes.get(nodeId);
    if (lane === undefined) lanes.set(nodeId, (lane = createLane(deps, nodeId, limits)));
    return lane;
  };
  return {
    isAvailable: (nodeId) => lanes.get(nodeId)?.gate.isOpenForCalls() ?? true,
    load: (nodeId) => {
      const lane = lanes.get(nodeId);
      return lane === undefined ? 0 : lane.gate.load() + lane.batcher.waiting;
    },
    store: (nodeId, chunk, signal) => {
      const lane = laneOf(nodeId);
      return lane.gate.retry(signal, () => storeThrough(deps, lane, { nodeId, chunk, signal }));
    },
    retrieve: (nodeId, chunk, { signal, target }) =>
      laneOf(nodeId).gate.run(signal, (attempt) => retrieveFrom(deps, { nodeId, chunk, target }, attempt)),
    replicate: (nodeId, from, signal) =>
      laneOf(nodeId).gate.run(signal, (attempt) => replicateTo(deps, { ...from, nodeId }, attempt)),
  };
}

function createLane(deps: NodeTransfersDeps, nodeId: NodeId, limits: NodeGateLimits): Lane {
  const gate = createNodeGate(nodeId, limits, deps.clock);
  const isOwn = ({ ownerId }: ChunkBytes) => isOperator(deps, nodeId, ownerId);
  const send = (chunks: readonly ChunkBytes[], signal: AbortSignal) => storeBatchAt(deps, { nodeId, chunks }, signal);
  return {
    gate,
    batcher: new StoreBatcher({ gate, send, isOwn, clock: deps.clock }, { queuedMax: limits.queuedPerNodeMax }),
  };
}

async function storeThrough(
  deps: NodeTransfersDeps,
  { gate, batcher }: Lane,
  task: { readonly nodeId: NodeId; readonly chunk: ChunkBytes; readonly signal: AbortSignal },
): Promise<void> {
  const { nodeId, chunk, signal } = task;
  if (chunk.sealed.length <= BATCHED_LENGTH_MAX && !batcher.isResting) {
    try {
      await batcher.store(chunk, signal);
      return;
    } catch (error) {
      if (!batcher.isResting || !hasCode(error, "PROTOCOL_ERROR")) throw error;
    }
  }
  await gate.run(signal, async (attempt) => {
    try {
      await storeAt(deps, { nodeId, chunk }, attempt);
    } catch (error) {
      chunk.onFailedAttempt?.();
      throw error;
    }
  });
}

function storeAt(
  deps: NodeTransfersDeps,
  { nodeId, chunk }: { readonly nodeId: NodeId; readonly chunk: ChunkBytes },
  signal: AbortSignal,
): Promise<{ readonly alreadyHeld: boolean }> {
  const { name, sealed, epoch } = chunk;
  const own = isOperator(deps, nodeId, chunk.ownerId);
  return exchange(deps, nodeId, {
    kind: "storeChunk",
    signal,
    run: ({ stream }) =>
      requestStoreChunk(stream, {
        grant: deps.grants.issue({ action: "store", nodeId, name, lengthMax: sealed.byteLength, epoch, own }),
        chunkName: name,
        sealed,
      }),
  });
}

async function storeBatchAt(
  deps: NodeTransfersDeps,
  { nodeId, chunks }: { readonly nodeId: NodeId; readonly chunks: readonly ChunkBytes[] },
  signal: AbortSignal,
): Promise<BatchOutcomes> {
  const [first, ...others] = chunks;
  if (first !== undefined && others.length === 0) {
    return [{ status: "fulfilled", value: await storeAt(deps, { nodeId, chunk: first }, signal) }];
  }
  const batch = chunks.map(({ name, sealed }) => ({ chunkName: name, sealed, length: sealed.length }));
  const list = { name: batchNameOf(batch), lengthMax: batch.reduce((sum, { length }) => sum + length, 0) };
  // Later than each of them was asked for: what is later fences better.
  const epoch = Math.max(...chunks.map((chunk) => chunk.epoch));
  const own = chunks.every(({ ownerId }) => isOperator(deps, nodeId, ownerId));
  return await exchange(deps, nodeId, {
    kind: "storeBatch",
    signal,
    run: ({ stream }) =>
      requestStoreBatch(stream, {
        grant: deps.grants.issue({ action: "store-batch", nodeId, ...list, epoch, own }),
        chunks: batch,
      }),
  });
}

function retrieveFrom(
  deps: NodeTransfersDeps,
  { nodeId, chunk, target }: { readonly nodeId: NodeId; readonly chunk: ChunkRef; readonly target: Uint8Array },
  signal: AbortSignal,
): Promise<Uint8Array> {
  return exchange(deps, nodeId, {
    kind: "retrieveChunk",
    signal,
    run: ({ stream }) =>
      requestRetrieveChunk(stream, {
        grant: deps.grants.issue({ action: "retrieve", nodeId, name: chunk.name, lengthMax: chunk.sealedLength }),
        chunkName: chunk.name,
        lengthMax: chunk.sealedLength,
        target,
      }),
  });
}

async function replicateTo(
  deps: NodeTransfersDeps,
  task: {
    readonly nodeId: NodeId;
    readonly chunk: ChunkRef;
    readonly source: NodeId;
    readonly epoch: number;
    readonly ownerId: UserId;
  },
  signal: AbortSignal,
): Promise<void> {
  const { nodeId, chunk, source, epoch } = task;
  const own = isOperator(deps, nodeId, task.ownerId);
  const named = { name: chunk.name, lengthMax: chunk.sealedLength };
  await exchange(deps, nodeId, {
    kind: "replicateChunk",
    signal,
    run: ({ stream }) =>
      requestReplicateChunk(stream, {
        grant: deps.grants.issue({ action: "replicate", nodeId, ...named, epoch, own }),
        chunkName: chunk.name,
        length: chunk.sealedLength,
        source: targetOf(deps, source),
        sourceGrant: deps.grants.issue({ action: "retrieve", nodeId: source, ...named, subject: nodeId }),
      }),
  });
}

function isOperator(deps: NodeTransfersDeps, nodeId: NodeId, userId: UserId): boolean {
  return deps.operatorOf(nodeId) === userId;
}

function targetOf(deps: NodeTransfersDeps, nodeId: NodeId): PeerTarget {
  const target = deps.target(nodeId);
  if (target === undefined) throw new AppError("NODE_NOT_FOUND", `node ${nodeId} is not a member`);
  return target;
}

interface ExchangeCall<T> {
  readonly kind: ProtocolName;
  readonly signal: AbortSignal;
  readonly run: (exchange: Exchange) => Promise<T>;
}

function exchange<T>(deps: NodeTransfersDeps, nodeId: NodeId, call: ExchangeCall<T>): Promise<T> {
  const { kind, signal, run } = call;
  return deps.metrics.measure(kind, () =>
    deps.host.exchange(targetOf(deps, nodeId), PROTOCOLS[kind], run, { signal, timeoutMs: EXCHANGE_TIMEOUT_MS[kind] }),
  );
}
