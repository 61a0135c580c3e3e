import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { exchangeWith, type NodeTransfersDeps, targetOf } from "./node-exchange.ts";
import { createNodeGate, type NodeGate, type NodeGateLimits } from "./node-gate.ts";
import { type ChunkRef, createNodeRetrievals, type NodeRetrievals } from "./node-retrievals.ts";
import { type ChunkBytes, createNodeStores, type NodeStores } from "./node-stores.ts";

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
  readonly stores: NodeStores;
  readonly retrievals: NodeRetrievals;
}

function createLane(deps: NodeTransfersDeps, nodeId: NodeId, limits: NodeGateLimits): Lane {
  const gate = createNodeGate(nodeId, limits, deps.clock);
  const through = { nodeId, gate, queuedMax: limits.queuedPerNodeMax };
  return { gate, stores: createNodeStores(deps, through), retrievals: createNodeRetrievals(deps, through) };
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
      return lane === undefined ? 0 : lane.gate.load() + lane.stores.waiting + lane.retrievals.waiting;
    },
    store: (nodeId, chunk, signal) => {
      const { gate, stores } = laneOf(nodeId);
      return gate.retry(signal, () => stores.store(chunk, signal));
    },
    retrieve: (nodeId, chunk, options) => laneOf(nodeId).retrievals.retrieve(chunk, options),
    replicate: (nodeId, from, signal) =>
      laneOf(nodeId).gate.run(signal, (attempt) => replicateTo(deps, { ...from, nodeId }, attempt)),
  };
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
  const own = deps.operatorOf(nodeId) === task.ownerId;
  const named = { name: chunk.name, lengthMax: chunk.sealedLength };
  await exchangeWith(deps, nodeId, {
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
