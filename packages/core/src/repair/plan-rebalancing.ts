import type { NodeStanding } from "../failure/node-standing.ts";
import type { ChunkName, NodeId } from "../ids.ts";
import { NO_DOMAIN } from "../placement/failure-domains.ts";
import type { NodeSurvey } from "../placement/node-survey.ts";
import { placeReplicas } from "../placement/place-replicas.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { judgeChunk } from "./judge-chunk.ts";

const TOLERANCE = 0.05;
/** Where giving and taking end: so that what was just planned does not soon call for another plan. */
const SETTLED_SHARE = 0.5;

/** One copy that should lie elsewhere. */
export interface RebalancingMove {
  readonly name: ChunkName;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Sealed length. */
  readonly length: number;
}

/** How full a node is. */
export interface NodeFill {
  readonly id: NodeId;
  /** What it holds, without what is already leaving and with what is on its way to it. */
  readonly usedBytes: number;
  readonly capacityBytes: number;
}

export interface RebalancingNetwork {
  readonly fills: readonly NodeFill[];
  readonly survey: NodeSurvey;
  readonly standingOf: (nodeId: NodeId) => NodeStanding;
}

export interface RebalancingLimits {
  readonly movesMax: number;
  readonly bytesMax: number;
  /** How far over the mean a node's fill must be before it gives, as a fraction of its capacity; 0.05 unless given. */
  readonly tolerance?: number;
}

interface Level {
  usedBytes: number;
  readonly capacityBytes: number;
  freeBytes: number;
}

/**
 * Moves toward even fill, found chunk by chunk: give it the chunks of the donors, in any order, until it is complete.
 *
 * A live node whose fill is over the mean by more than the tolerance gives, until it is within half of that; nobody is
 * filled beyond the same line. A chunk goes only where placement would put that copy today, so that rebalancing and
 * repair want the same; where that node is too full already, another chunk is tried. A move never makes copies share
 * more domains than they do, takes no pinned copy, takes no owner's copy off the owner's own nodes, and touches only
 * chunks that are whole.
 */
export class RebalancingPlan {
  /** Bytes used over bytes of capacity, of all live nodes together; 0 where there is no capacity. */
  readonly meanFill: number;
  readonly #network: RebalancingNetwork;
  readonly #limits: RebalancingLimits;
  readonly #levels = new Map<NodeId, Level>();
  readonly #settledFill: number;
  readonly #donors = new Set<NodeId>();
  readonly #barred: Set<NodeId>;
  readonly #moves: RebalancingMove[] = [];
  #bytes = 0;

  constructor(network: RebalancingNetwork, limits: RebalancingLimits) {
    this.#network = network;
    this.#limits = limits;
    const { survey, standingOf } = network;
    let usedBytes = 0;
    let capacityBytes = 0;
    for (const fill of network.fills) {
      const number = survey.numberOf.get(fill.id);
      if (number === undefined || standingOf(fill.id) !== "live") continue;
      const { freeBytes } = survey.nodes[number]!;
      this.#levels.set(fill.id, { usedBytes: fill.usedBytes, capacityBytes: fill.capacityBytes, freeBytes });
      usedBytes += fill.usedBytes;
      capacityBytes += fill.capacityBytes;
    }
    const tolerance = limits.tolerance ?? TOLERANCE;
    this.meanFill = capacityBytes > 0 ? usedBytes / capacityBytes : 0;
    this.#settledFill = this.meanFill + SETTLED_SHARE * tolerance;
    for (const [id, level] of this.#levels) if (fillOf(level) > this.meanFill + tolerance) this.#donors.add(id);
    const mayReceive = (id: NodeId): boolean => this.#levels.has(id) && !this.#donors.has(id);
    this.#barred = new Set(survey.nodes.map(({ id }) => id).filter((id) => !mayReceive(id)));
  }

  get moves(): readonly RebalancingMove[] {
    return this.#moves;
  }

  /** Of all moves together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nodes that still have too much, the fullest first. */
  donors(): readonly NodeId[] {
    return [...this.#donors].sort((a, b) => this.#fill(b) - this.#fill(a));
  }

  /** Whether nothing can be added any more: no donor is left, or a limit is reached. */
  get isComplete(): boolean {
    const { movesMax, bytesMax } = this.#limits;
    return this.#donors.size === 0 || this.#moves.length >= movesMax || this.#bytes >= bytesMax;
  }

  /** Adds a move for this chunk if there should be one; consider each chunk once. @returns the move */
  consider(chunk: ChunkRecord): RebalancingMove | undefined {
    const length = chunk.sealedLength;
    if (this.isComplete || !chunk.isReferenced || this.#bytes + length > this.#limits.bytesMax) return undefined;
    if (!chunk.replicas.some(({ nodeId }) => this.#donors.has(nodeId))) return undefined;
    const health = judgeChunk(chunk, this.#network.standingOf);
    if (health.urgency !== "whole") return undefined;
    for (const from of this.#giversOf(chunk, health.readable.slice(0, health.live))) {
      const to = this.#placeFor(chunk, from, health.readable);
      if (to === undefined) continue;
      const move: RebalancingMove = { name: chunk.name, from, to, length };
      this.#add(move);
      return move;
    }
    return undefined;
  }

  /** The donors that may give their copy away, the fullest first. */
  #giversOf(chunk: ChunkRecord, holders: readonly NodeId[]): readonly NodeId[] {
    return holders
      .filter((id) => this.#donors.has(id) && !chunk.pins.includes(id) && this.#operatorOf(id) !== chunk.ownerId)
      .sort((a, b) => this.#fill(b) - this.#fill(a));
  }

  #placeFor(chunk: ChunkRecord, from: NodeId, readable: readonly NodeId[]): NodeId | undefined {
    const { survey } = this.#network;
    const others = readable.filter((id) => id !== from);
    const { nodes } = placeReplicas(
      {
        chunkName: chunk.name,
        lengthBytes: chunk.sealedLength,
        copies: 1,
        ownerId: chunk.ownerId,
        exclude: this.#barred,
        held: new Set(others),
      },
      survey,
    );
    const to = nodes[0];
    if (to === undefined || chunk.replicas.some(({ nodeId }) => nodeId === to)) return undefined;
    const level = this.#levels.get(to)!;
    const hasRoom =
      level.freeBytes >= chunk.sealedLength &&
      fillOf({ ...level, usedBytes: level.usedBytes + chunk.sealedLength }) <= this.#settledFill;
    return hasRoom && !sharesMore({ to, from, others }, survey) ? to : undefined;
  }

  #add(move: RebalancingMove): void {
    const from = this.#levels.get(move.from)!;
    const to = this.#levels.get(move.to)!;
    from.usedBytes -= move.length;
    to.usedBytes += move.length;
    to.freeBytes -= move.length;
    this.#bytes += move.length;
    this.#moves.push(move);
    if (fillOf(from) <= this.#settledFill) this.#donors.delete(move.from);
  }

  #fill(id: NodeId): number {
    return fillOf(this.#levels.get(id)!);
  }

  #operatorOf(id: NodeId): string {
    const { survey } = this.#network;
    return survey.nodes[survey.numberOf.get(id)!]!.operatorId;
  }
}

/** As `RebalancingPlan`, where all chunks are at hand. */
export function planRebalancing(
  chunks: Iterable<ChunkRecord>,
  network: RebalancingNetwork,
  limits: RebalancingLimits,
): RebalancingPlan {
  const plan = new RebalancingPlan(network, limits);
  for (const chunk of chunks) {
    if (plan.isComplete) break;
    plan.consider(chunk);
  }
  return plan;
}

function fillOf({ usedBytes, capacityBytes }: Pick<Level, "usedBytes" | "capacityBytes">): number {
  return usedBytes === 0 ? 0 : usedBytes / capacityBytes;
}

/** Whether a copy on `to` would share more with the other copies than the one on `from`: more important labels first. */
function sharesMore(
  { to, from, others }: { readonly to: NodeId; readonly from: NodeId; readonly others: readonly NodeId[] },
  { numberOf, index }: NodeSurvey,
): boolean {
  for (const domains of index.domains) {
    const domainOf = (id: NodeId): number => domains[numberOf.get(id) ?? -1] ?? NO_DOMAIN;
    const sharedBy = (id: NodeId): number => {
      const domain = domainOf(id);
      return domain === NO_DOMAIN ? 0 : others.filter((other) => domainOf(other) === domain).length;
    };
    const more = sharedBy(to) - sharedBy(from);
    if (more !== 0) return more > 0;
  }
  return false;
}
