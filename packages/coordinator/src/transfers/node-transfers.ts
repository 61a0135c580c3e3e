import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Exchange, PeerHost, PeerTarget } from "@commonhold/p2p/peer-host.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type GrantAction, issueGrant } from "@commonhold/wire/grant.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { createNodeGate, type NodeGate } from "./node-gate.ts";
import type { TransferMetrics } from "./transfer-metrics.ts";

/** A grant outlives the longest transfer and some skew between clocks. */
const GRANT_LIFETIME_MS = 5 * 60_000;

export interface NodeTransfersDeps {
  readonly host: PeerHost;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  /** Where a node can be reached now; undefined for one that is not known. */
  readonly target: (nodeId: NodeId) => PeerTarget | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: TransferMetrics;
}

export interface NodeTransfersLimits {
  readonly concurrentPerNodeMax: number;
  readonly queuedPerNodeMax: number;
}

export interface ChunkBytes {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
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
  /** One try: the reader has other replicas. The bytes are not verified here. */
  retrieve(nodeId: NodeId, chunk: ChunkRef, signal: AbortSignal): Promise<Uint8Array>;
  /** Lets the node fetch the chunk from another holder. */
  replicate(nodeId: NodeId, from: { source: NodeId; chunk: ChunkRef }, signal: AbortSignal): Promise<void>;
}

export function createNodeTransfers(deps: NodeTransfersDeps, limits: NodeTransfersLimits): NodeTransfers {
  const gates = new Map<NodeId, NodeGate>();
  const gateOf = (nodeId: NodeId): NodeGate => {
    let gate = gates.get(nodeId);
    if (gate === undefined) gates.set(nodeId, (gate = createNodeGate(nodeId, limits)));
    return gate;
  };

  const targetOf = (nodeId: NodeId): PeerTarget => {
    const target = deps.target(nodeId);
    if (target === undefined) throw new AppError("NODE_NOT_FOUND", `node ${nodeId} is not a member`);
    return target;
  };

  const grant = (action: GrantAction, node: NodeId, terms: { chunk: ChunkRef; subject?: NodeId }) =>
    issueGrant(
      {
        issuer: deps.host.peerId,
        node,
        subject: terms.subject ?? deps.host.peerId,
        action,
        chunkName: terms.chunk.name,
        lengthMax: terms.chunk.sealedLength,
        expiresAtMs: deps.clock.nowMs() + GRANT_LIFETIME_MS,
        nonce: deps.random.bytes(16),
      },
      deps.sign,
    );

  const exchange = <T>(nodeId: NodeId, kind: keyof typeof EXCHANGE_TIMEOUT_MS, call: ExchangeCall<T>): Promise<T> =>
    deps.metrics.measure(kind, () =>
      deps.host.exchange(targetOf(nodeId), PROTOCOLS[kind], call.run, {
        signal: call.signal,
        timeoutMs: EXCHANGE_TIMEOUT_MS[kind],
      }),
    );

  return {
    isAvailable: (nodeId) => gates.get(nodeId)?.isOpenForCalls() ?? true,
    load: (nodeId) => gates.get(nodeId)?.load() ?? 0,

    store: (nodeId, chunk, signal) =>
      gateOf(nodeId).runWithRetry(signal, async (attemptSignal) => {
        const terms = { chunk: { name: chunk.name, sealedLength: chunk.sealed.byteLength } };
        await exchange(nodeId, "storeChunk", {
          signal: attemptSignal,
          run: ({ stream }) =>
            requestStoreChunk(stream, {
              grant: grant("store", nodeId, terms),
              chunkName: chunk.name,
              sealed: chunk.sealed,
            }),
        });
      }),

    retrieve: (nodeId, chunk, signal) =>
      gateOf(nodeId).run(signal, (attemptSignal) =>
        exchange(nodeId, "retrieveChunk", {
          signal: attemptSignal,
          run: ({ stream }) =>
            requestRetrieveChunk(stream, {
              grant: grant("retrieve", nodeId, { chunk }),
              chunkName: chunk.name,
              lengthMax: chunk.sealedLength,
            }),
        }),
      ),

    replicate: (nodeId, { source, chunk }, signal) =>
      gateOf(nodeId).run(signal, async (attemptSignal) => {
        await exchange(nodeId, "replicateChunk", {
          signal: attemptSignal,
          run: ({ stream }) =>
            requestReplicateChunk(stream, {
              grant: grant("replicate", nodeId, { chunk }),
              chunkName: chunk.name,
              length: chunk.sealedLength,
              source: targetOf(source),
              sourceGrant: grant("retrieve", source, { chunk, subject: nodeId }),
            }),
        });
      }),
  };
}

interface ExchangeCall<T> {
  readonly signal: AbortSignal;
  readonly run: (exchange: Exchange) => Promise<T>;
}

/** Whether a failure says that the node cannot serve, rather than that this request was refused for a reason. */
export function isNodeFault(error: unknown): boolean {
  return hasCode(error, "NODE_UNREACHABLE", "TIMEOUT", "PROTOCOL_ERROR", "STORAGE_FAILURE", "INTERNAL");
}
