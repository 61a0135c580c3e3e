import { AppError } from "../app-error.ts";
import type { NodeId, UserId } from "../ids.ts";
import { type DomainIndex, indexDomains } from "./failure-domains.ts";
import { weighNodes } from "./node-weights.ts";
import { type Hash64, hashText } from "./rendezvous-hash.ts";

export interface PlacementNode {
  readonly id: NodeId;
  readonly freeBytes: number;
  /** For chunks of its operator, where that is another number. */
  readonly freeBytesOwn?: number;
  readonly operatorId: UserId;
  /** Failure domains: `network`, `site` and `power` count; others are the operator's own. */
  readonly labels: Readonly<Record<string, string>>;
  /** 0 (never there) to 1 (always there and right). */
  readonly reliability: number;
}

/** All that placement needs to know of the nodes, worked out once for many chunks. */
export interface NodeSurvey {
  /** In the order of their ids; a node's number is its place here. */
  readonly nodes: readonly PlacementNode[];
  readonly numberOf: ReadonlyMap<NodeId, number>;
  readonly hashes: readonly Hash64[];
  readonly weights: Float64Array;
  readonly index: DomainIndex;
}

/**
 * Prepares nodes for `placeReplicas`. Costs about as much as some placements, so do it when nodes have changed (a
 * heartbeat, a join), not for each chunk.
 *
 * Give every node of the network, also those that may not receive now and are named in a request's `exclude`: then
 * one node's absence does not change the weights of the others, and the domains of those that hold a chunk are known.
 * The result does not depend on the order of `nodes`, and later changes to the objects do not reach it.
 * @throws AppError INTERNAL when a node is listed twice or a number is out of range
 */
export function surveyNodes(nodes: readonly PlacementNode[]): NodeSurvey {
  const sorted = nodes.map((node) => ({ ...node })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const numberOf = new Map<NodeId, number>();
  for (const [number, node] of sorted.entries()) {
    if (numberOf.has(node.id)) throw new AppError("INTERNAL", `node ${node.id} is listed twice for placement`);
    if (!(node.freeBytes >= 0 && node.freeBytes < Infinity && node.reliability >= 0 && node.reliability <= 1)) {
      throw new AppError(
        "INTERNAL",
        `node ${node.id} has ${node.freeBytes} free bytes and reliability ${node.reliability}: ` +
          "placement needs a size of 0 or more and a reliability from 0 to 1",
      );
    }
    numberOf.set(node.id, number);
  }
  const index = indexDomains(sorted);
  const hashes = sorted.map((node) => hashText(node.id));
  return { nodes: sorted, numberOf, hashes, weights: weighNodes(sorted, index), index };
}
