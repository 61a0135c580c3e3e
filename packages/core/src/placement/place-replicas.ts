import type { ChunkName, NodeId, UserId } from "../ids.ts";
import { chooseDomains } from "./domain-search.ts";
import { DOMAIN_LABELS, type DomainLabel } from "./failure-domains.ts";
import type { NodeSurvey, PlacementNode } from "./node-survey.ts";
import { hashText, pairFraction } from "./rendezvous-hash.ts";

export interface PlacementRequest {
  readonly chunkName: ChunkName;
  /** Sealed length: a node with less free is no candidate. */
  readonly lengthBytes: number;
  /** How many nodes to choose, besides those in `held`. */
  readonly copies: number;
  /** Whose file it is: one copy goes to a node that this user operates, if there is one. */
  readonly ownerId?: UserId;
  /** Nodes that may not be chosen: not active, or failed just now. */
  readonly exclude?: ReadonlySet<NodeId>;
  /** Nodes that hold the chunk and count: they are not chosen again, nor is a node that shares a domain with them. */
  readonly held?: ReadonlySet<NodeId>;
}

export interface Placement {
  /** In order of preference. Fewer than `copies` when there are not more candidates: the caller decides. */
  readonly nodes: readonly NodeId[];
  /**
   * The other candidates by score, whatever their domains. When a chosen node fails, asking again with it in
   * `exclude` and the successful ones in `held` keeps the domains apart.
   */
  readonly spares: readonly NodeId[];
  /** Labels on which chosen nodes share a domain with each other or with a holder, as it could not be helped. */
  readonly relaxed: readonly DomainLabel[];
}

/**
 * Chooses the nodes for one chunk: weighted rendezvous hashing (Thaler and Ravishankar 1998; the score −w / ln h is
 * Resch's, 2015), kept out of common failure domains. A pure function: it needs no memory of where things were put.
 *
 * - Domains come first: as few replicas as possible share an operator, then a network, then a site, then a power
 *   supply (`chooseDomains`), also where the owner's node or a higher score would have to be passed over.
 * - Then the owner: the owner's best node is the first, and the owner's other nodes come after everybody else's.
 * - Then the scores.
 *
 * Shares of load follow the weights, as nearly as choosing distinct nodes allows. The k highest scores are a weighted
 * sample without replacement (an exponential race): node i is among them with probability near 1 − exp(−t·wᵢ), where
 * t makes the probabilities add up to k. Next to k·wᵢ/W that favours light nodes, since a node can be chosen but once.
 * With 3 copies and weights spread from 0.5 to 1 it is 0.8 % at 50 nodes, 5 % at 10 and 14 % at 5. It is left
 * uncorrected: a correction would depend on `copies`, and then 3 copies would no longer lie where 2 did.
 *
 * When a node leaves, the replicas that it held must move, its share of the weight; the change of the others' weights
 * moves a few per cent of that more, a tenth where the node was far larger than all others. Where domains are scarce
 * (it was the only node of one of three sites) keeping them apart may move many more.
 */
export function placeReplicas(request: PlacementRequest, survey: NodeSurvey): Placement {
  const ranked = rankCandidates(request, survey);
  const copies = Math.min(request.copies, ranked.length);
  const held = numbersOf(request.held, survey);
  const { order, leadCount } = orderForSearch(ranked, { request, survey, held, copies });
  const { chosen, clashes } = chooseDomains({ index: survey.index, order, leadCount, held, copies });
  const taken = new Set(chosen);
  return {
    nodes: chosen.map((node) => survey.nodes[node]!.id),
    spares: ranked.filter((node) => !taken.has(node)).map((node) => survey.nodes[node]!.id),
    relaxed: DOMAIN_LABELS.filter((_, label) => clashes[label]! > 0),
  };
}

/** Numbers of the nodes that may take the chunk, highest score first, equal ones by id. */
function rankCandidates(request: PlacementRequest, survey: NodeSurvey): number[] {
  const { nodes, weights, hashes } = survey;
  const { exclude, held } = request;
  const chunk = hashText(request.chunkName);
  const scores = new Float64Array(nodes.length);
  const ranked: number[] = [];
  // By number: the iterator of `entries` would cost as much as the scores.
  for (let number = 0; number < nodes.length; number++) {
    const node = nodes[number]!;
    if (roomFor(request, node) < request.lengthBytes) continue;
    if (exclude?.has(node.id) === true || held?.has(node.id) === true) continue;
    scores[number] = -weights[number]! / Math.log(pairFraction(chunk, hashes[number]!));
    ranked.push(number);
  }
  return ranked.sort((a, b) => scores[b]! - scores[a]!);
}

function roomFor({ ownerId }: PlacementRequest, node: PlacementNode): number {
  return node.operatorId === ownerId ? (node.freeBytesOwn ?? node.freeBytes) : node.freeBytes;
}

function numbersOf(ids: ReadonlySet<NodeId> | undefined, survey: NodeSurvey): number[] {
  const numbers: number[] = [];
  for (const id of ids ?? []) {
    const number = survey.numberOf.get(id);
    if (number !== undefined) numbers.push(number);
  }
  return numbers;
}

interface SearchContext {
  readonly request: PlacementRequest;
  readonly survey: NodeSurvey;
  readonly held: readonly number[];
  readonly copies: number;
}

/** The owner's nodes lead, unless one holds the chunk; then come all others, then the owner's again. */
function orderForSearch(ranked: readonly number[], context: SearchContext): { order: number[]; leadCount: number } {
  const { request, survey, held, copies } = context;
  const kept = fewOfEachClass(ranked, survey.index.classes, copies);
  if (request.ownerId === undefined) return { order: kept, leadCount: 0 };
  const isOwn = (node: number): boolean => survey.nodes[node]!.operatorId === request.ownerId;
  const own = kept.filter(isOwn);
  const lead = held.some(isOwn) ? [] : own;
  return { order: [...lead, ...kept.filter((node) => !isOwn(node)), ...own], leadCount: lead.length };
}

/** Of nodes that are equal to the search no more are needed than there are copies. */
function fewOfEachClass(ranked: readonly number[], classes: Int32Array, copies: number): number[] {
  const counts = new Map<number, number>();
  return ranked.filter((node) => {
    const count = counts.get(classes[node]!) ?? 0;
    counts.set(classes[node]!, count + 1);
    return count < copies;
  });
}
