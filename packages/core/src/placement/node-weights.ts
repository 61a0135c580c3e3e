import { CHUNK_SIZE_BYTES_MAX } from "../chunk-size.ts";
import { DOMAIN_LABELS, type DomainIndex, NO_DOMAIN } from "./failure-domains.ts";

const FREE_CAPACITY_SHARE = 0.4;
const DIVERSITY_SHARE = 0.3;
const RELIABILITY_SHARE = 0.3;

export interface WeighedNode {
  readonly freeBytes: number;
  /** 0 (never there) to 1 (always there and right). */
  readonly reliability: number;
}

/**
 * How strongly each node draws chunks, in (0, 1]: 0.4 free capacity + 0.3 diversity + 0.3 reliability.
 *
 * Rendezvous hashing moves as many replicas as the shares of weight change, so a part that looks at other nodes must
 * hardly change when one of them comes, goes or fills:
 *
 * - Free capacity = free / (free + g), with g the geometric mean of free bytes over all nodes: 0.5 for a typical node,
 *   0.91 for one with ten times as much. One of N nodes changes ln g by at most its own distance from it over N, and
 *   a change of ln g changes no value by more than a quarter of that; so the largest node may leave. (Measured by the
 *   largest node's free bytes instead, every value would change at once when that node leaves.) A network that fills
 *   evenly keeps its weights.
 * - Diversity = the mean over the labels of the share of other nodes that are not in its domain, 0 for a missing
 *   label, so that telling a domain never costs a node anything. A node that comes or goes changes the values of its
 *   own domain by less than 1/N each, and those of others by less still.
 */
export function weighNodes(nodes: readonly WeighedNode[], index: DomainIndex): Float64Array {
  const typicalFreeBytes = geometricMeanOf(nodes);
  const weights = new Float64Array(nodes.length);
  for (const [node, { freeBytes, reliability }] of nodes.entries()) {
    weights[node] =
      FREE_CAPACITY_SHARE * (freeBytes / (freeBytes + typicalFreeBytes)) +
      DIVERSITY_SHARE * diversityOf(node, index) +
      RELIABILITY_SHARE * reliability;
  }
  return weights;
}

/** A full node counts with one chunk's worth, or its logarithm would outweigh all others. */
function geometricMeanOf(nodes: readonly WeighedNode[]): number {
  let sum = 0;
  for (const { freeBytes } of nodes) sum += Math.log(Math.max(freeBytes, CHUNK_SIZE_BYTES_MAX));
  return Math.exp(sum / nodes.length);
}

function diversityOf(node: number, index: DomainIndex): number {
  const others = Math.max(1, index.classes.length - 1);
  let sum = 0;
  for (const [label, domains] of index.domains.entries()) {
    const domain = domains[node]!;
    if (domain !== NO_DOMAIN) sum += 1 - (index.sizes[label]![domain]! - 1) / others;
  }
  return sum / DOMAIN_LABELS.length;
}
