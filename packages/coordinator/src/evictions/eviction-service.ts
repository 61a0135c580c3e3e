import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { ChunkRecord, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { type EvictionStrategy, evictionOrder } from "@commonhold/core/repair/eviction-order.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";

/** Names that a node may propose at once. */
export const EVICTION_CANDIDATES_MAX = 1_000;
const BATCH = 500;
/** Names remembered of what one node shall part with; what is more is not taken back. */
const ASKED_MAX = 50_000;

export interface EvictionServiceDeps {
  readonly catalog: Pick<ReplicaCatalog, "getMany" | "dropReplicas" | "leaveReplicas" | "stayReplicas">;
  readonly epochs: DeleteEpochs;
  /** Nodes whose copies are there now. */
  readonly liveNodes: () => readonly NodeId[];
  readonly operatorOf: (nodeId: NodeId) => UserId | undefined;
  /** Whether another node could take a further copy now. */
  readonly hasRoomElsewhere: (chunk: ChunkRecord) => boolean;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}

export interface EvictionRequest {
  readonly wantedBytes: number;
  /** In the order in which the node would part with them, as far as it can tell. */
  readonly candidates: readonly ChunkName[];
  /** What the order shall be with regard to what the node does not know: priorities and other copies. */
  readonly strategy: EvictionStrategy;
}

export interface EvictionAnswer {
  /** The node deletes these itself, now: each has its promised copies elsewhere. */
  readonly release: readonly ChunkName[];
  /** The fence of `release`: what the node stored under this epoch or a later one, it keeps. */
  readonly epoch: number;
  /** Those that it shall hold until other nodes have them; then it is told to delete them. */
  readonly leaving: readonly ChunkName[];
  readonly leavingBytes: number;
}

/** Says what a node that is short of room may part with: never a pinned chunk, never one of the promised copies. */
export interface EvictionService {
  evict(nodeId: NodeId, request: EvictionRequest): Promise<EvictionAnswer>;
  /**
   * The node has room again: those of its copies that were asked to leave here, and that no others stand in for yet,
   * count again. What was asked before the coordinator's start goes on to leave. @returns how many stay
   */
  relieve(nodeId: NodeId): Promise<number>;
}

export function createEvictionService(deps: EvictionServiceDeps): EvictionService {
  /** Kept apart from what leaves for other reasons, as what rebalancing moved shall not come back. */
  const asked = new Map<NodeId, Set<ChunkName>>();
  const remember = (nodeId: NodeId, names: readonly ChunkName[]): void => {
    if (names.length === 0) return;
    const known = asked.get(nodeId) ?? new Set();
    asked.set(nodeId, known);
    for (const name of names) if (known.size < ASKED_MAX) known.add(name);
  };
  return {
    evict: async (nodeId, request) => {
      const others = deps.liveNodes().filter((id) => id !== nodeId);
      const candidates = await candidatesOf(deps, nodeId, request.candidates);
      const chunks = inOrder(candidates, { strategy: request.strategy, others, operator: deps.operatorOf(nodeId) });
      const epoch = deps.epochs.next();
      const surplus = upTo(
        request.wantedBytes,
        chunks.filter(({ chunk }) => isWholeOn(chunk, others)),
      );
      const dropped = await dropAll(deps, { nodeId, names: namesOf(surplus), counted: others, epoch });
      const release = new Set(dropped);
      const releasedBytes = bytesOf(chunks.filter(({ chunk }) => release.has(chunk.name)));
      const rest = chunks.filter(({ chunk }) => !release.has(chunk.name));
      const { leaving, newly } = await leave(deps, {
        nodeId,
        rest,
        wantedBytes: request.wantedBytes - releasedBytes,
      });
      remember(nodeId, newly);
      if (release.size > 0 || leaving.length > 0) {
        deps.logger.info(
          { node: nodeId, released: release.size, released_bytes: releasedBytes, leaving: leaving.length },
          "a node that is short of room parts with chunks",
        );
      }
      return { release: dropped, epoch, leaving: namesOf(leaving), leavingBytes: bytesOf(leaving) };
    },
    relieve: async (nodeId) => {
      const names = [...(asked.get(nodeId) ?? [])];
      asked.delete(nodeId);
      if (names.length === 0) return 0;
      const stayed = await keepUnreplaced(deps, nodeId, names);
      if (stayed > 0) deps.logger.info({ node: nodeId, chunks: stayed }, "a node has room again and keeps chunks");
      return stayed;
    },
  };
}

interface Candidate {
  readonly chunk: ChunkRecord;
  readonly state: ReplicaState;
}

/** In the node's order, each once: what it has by our records, is not pinned to it and not just being written. */
async function candidatesOf(
  deps: EvictionServiceDeps,
  nodeId: NodeId,
  names: readonly ChunkName[],
): Promise<Candidate[]> {
  const asked = [...new Set(names)].slice(0, EVICTION_CANDIDATES_MAX);
  const candidates: Candidate[] = [];
  for (let from = 0; from < asked.length; from += BATCH) {
    const batch = asked.slice(from, from + BATCH);
    const known = await deps.catalog.getMany(batch);
    for (const name of batch) {
      const chunk = known.get(name);
      const state = chunk?.replicas.find((replica) => replica.nodeId === nodeId)?.state;
      if (chunk === undefined || state === undefined || state === "pending") continue;
      if (!chunk.pins.includes(nodeId) && !deps.isBeingWritten(name)) candidates.push({ chunk, state });
    }
  }
  return candidates;
}

/** By the strategy; what is not decided by it stays in the node's order, and the operator's own chunks come last. */
function inOrder(
  candidates: readonly Candidate[],
  terms: {
    readonly strategy: EvictionStrategy;
    readonly others: readonly NodeId[];
    readonly operator: UserId | undefined;
  },
): Candidate[] {
  const byName = new Map(candidates.map((candidate) => [candidate.chunk.name, candidate]));
  const ordered = evictionOrder(
    candidates.map(({ chunk }, place) => ({
      name: chunk.name,
      length: chunk.sealedLength,
      lastReadAtMs: place,
      storedAtMs: 0,
      priority: chunk.priority,
      surplusCopies: activeOn(chunk, terms.others) + 1 - chunk.copies,
      isPinned: false,
    })),
    terms.strategy,
  ).map(({ name }) => byName.get(name)!);
  const isOwn = ({ chunk }: Candidate): boolean => chunk.ownerId === terms.operator;
  return [...ordered.filter((candidate) => !isOwn(candidate)), ...ordered.filter(isOwn)];
}

function isWholeOn(chunk: ChunkRecord, nodes: readonly NodeId[]): boolean {
  return activeOn(chunk, nodes) >= Math.max(chunk.copies, chunk.pins.length);
}

function activeOn(chunk: ChunkRecord, nodes: readonly NodeId[]): number {
  return chunk.replicas.filter(({ nodeId, state }) => state === "active" && nodes.includes(nodeId)).length;
}

async function dropAll(
  deps: EvictionServiceDeps,
  task: {
    readonly nodeId: NodeId;
    readonly names: readonly ChunkName[];
    readonly counted: readonly NodeId[];
    readonly epoch: number;
  },
): Promise<ChunkName[]> {
  const { nodeId, names, counted, epoch } = task;
  const dropped: ChunkName[] = [];
  for (let from = 0; from < names.length; from += BATCH) {
    const terms = { counted, epoch, delivered: true, nowMs: deps.clock.nowMs() };
    dropped.push(...(await deps.catalog.dropReplicas(nodeId, names.slice(from, from + BATCH), terms)));
  }
  return dropped;
}

/** Those that leave already count first, so that asking again does not make more and more leave. */
async function leave(
  deps: EvictionServiceDeps,
  task: { readonly nodeId: NodeId; readonly rest: readonly Candidate[]; readonly wantedBytes: number },
): Promise<{ readonly leaving: readonly Candidate[]; readonly newly: readonly ChunkName[] }> {
  const { nodeId, rest, wantedBytes } = task;
  const already = upTo(
    wantedBytes,
    rest.filter(({ state }) => state === "leaving"),
  );
  const movable = rest.filter(({ chunk, state }) => state === "active" && deps.hasRoomElsewhere(chunk));
  const more = namesOf(upTo(wantedBytes - bytesOf(already), movable)).slice(0, BATCH);
  const left = more.length === 0 ? [] : await deps.catalog.leaveReplicas(nodeId, more, deps.clock.nowMs());
  const leaving = [...already, ...movable.filter(({ chunk }) => left.includes(chunk.name))];
  if (leaving.length > 0) deps.requestRepair(namesOf(leaving));
  return { leaving, newly: left };
}

/** A copy that others stand in for already would be one too many. */
async function keepUnreplaced(deps: EvictionServiceDeps, nodeId: NodeId, names: readonly ChunkName[]): Promise<number> {
  const others = deps.liveNodes().filter((id) => id !== nodeId);
  let stayed = 0;
  for (let from = 0; from < names.length; from += BATCH) {
    const known = await deps.catalog.getMany(names.slice(from, from + BATCH));
    const kept = [...known.values()].filter((chunk) => chunk.isReferenced && !isWholeOn(chunk, others));
    const keptNames = kept.map(({ name }) => name);
    if (kept.length > 0) stayed += await deps.catalog.stayReplicas(nodeId, keptNames, deps.clock.nowMs());
  }
  return stayed;
}

/** The first of them until their bytes reach `bytes`. */
function upTo(bytes: number, candidates: readonly Candidate[]): Candidate[] {
  const taken: Candidate[] = [];
  let sum = 0;
  for (const candidate of candidates) {
    if (sum >= bytes) break;
    taken.push(candidate);
    sum += candidate.chunk.sealedLength;
  }
  return taken;
}

function namesOf(candidates: readonly Candidate[]): ChunkName[] {
  return candidates.map(({ chunk }) => chunk.name);
}

function bytesOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { chunk }) => sum + chunk.sealedLength, 0);
}
