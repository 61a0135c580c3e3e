import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Exchange, PeerHost, PeerTarget } from "@commonhold/p2p/peer-host.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type GrantAction, issueGrant, type SignedGrant } from "@commonhold/wire/grant.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import { createNodeGate, type NodeGate, type NodeGateLimits } from "./node-gate.ts";
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

export interface ChunkBytes {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
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
  replicate(nodeId: NodeId, from: { source: NodeId; chunk: ChunkRef }, signal: AbortSignal): Promise<void>;
}

export function createNodeTransfers(deps: NodeTransfersDeps, limits: NodeGateLimits): NodeTransfers {
  const gates = new Map<NodeId, NodeGate>();
  const gateOf = (nodeId: NodeId): NodeGate => {
    let gate = gates.get(nodeId);
    if (gate === undefined) gates.set(nodeId, (gate = createNodeGate(nodeId, limits, deps.clock)));
    return gate;
  };
  return {
    isAvailable: (nodeId) => gates.get(nodeId)?.isOpenForCalls() ?? true,
    load: (nodeId) => gates.get(nodeId)?.load() ?? 0,
    store: (nodeId, chunk, signal) =>
      gateOf(nodeId).runWithRetry(signal, (attempt) => storeAt(deps, { nodeId, chunk }, attempt)),
    retrieve: (nodeId, chunk, { signal, target }) =>
      gateOf(nodeId).run(signal, (attempt) => retrieveFrom(deps, { nodeId, chunk, target }, attempt)),
    replicate: (nodeId, { source, chunk }, signal) =>
      gateOf(nodeId).run(signal, (attempt) => replicateTo(deps, { nodeId, chunk, source }, attempt)),
  };
}

async function storeAt(
  deps: NodeTransfersDeps,
  { nodeId, chunk }: { readonly nodeId: NodeId; readonly chunk: ChunkBytes },
  signal: AbortSignal,
): Promise<void> {
  const { name, sealed } = chunk;
  try {
    await exchange(deps, nodeId, {
      kind: "storeChunk",
      signal,
      run: ({ stream }) =>
        requestStoreChunk(stream, {
          grant: grantFor(deps, { action: "store", nodeId, chunk: { name, sealedLength: sealed.byteLength } }),
          chunkName: name,
          sealed,
        }),
    });
  } catch (error) {
    chunk.onFailedAttempt?.();
    throw error;
  }
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
        grant: grantFor(deps, { action: "retrieve", nodeId, chunk }),
        chunkName: chunk.name,
        lengthMax: chunk.sealedLength,
        target,
      }),
  });
}

async function replicateTo(
  deps: NodeTransfersDeps,
  task: { readonly nodeId: NodeId; readonly chunk: ChunkRef; readonly source: NodeId },
  signal: AbortSignal,
): Promise<void> {
  const { nodeId, chunk, source } = task;
  await exchange(deps, nodeId, {
    kind: "replicateChunk",
    signal,
    run: ({ stream }) =>
      requestReplicateChunk(stream, {
        grant: grantFor(deps, { action: "replicate", nodeId, chunk }),
        chunkName: chunk.name,
        length: chunk.sealedLength,
        source: targetOf(deps, source),
        sourceGrant: grantFor(deps, { action: "retrieve", nodeId: source, chunk, subject: nodeId }),
      }),
  });
}

function targetOf(deps: NodeTransfersDeps, nodeId: NodeId): PeerTarget {
  const target = deps.target(nodeId);
  if (target === undefined) throw new AppError("NODE_NOT_FOUND", `node ${nodeId} is not a member`);
  return target;
}

function grantFor(
  deps: NodeTransfersDeps,
  terms: {
    readonly action: GrantAction;
    readonly nodeId: NodeId;
    readonly chunk: ChunkRef;
    /** Who presents it; the coordinator itself where it is not given. */
    readonly subject?: NodeId;
  },
): SignedGrant {
  const { host, clock, random, sign } = deps;
  return issueGrant(
    {
      issuer: host.peerId,
      node: terms.nodeId,
      subject: terms.subject ?? host.peerId,
      action: terms.action,
      chunkName: terms.chunk.name,
      lengthMax: terms.chunk.sealedLength,
      expiresAtMs: clock.nowMs() + GRANT_LIFETIME_MS,
      nonce: random.bytes(16),
    },
    sign,
  );
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
