import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { type NodeSurvey, type PlacementNode, surveyNodes } from "@commonhold/core/placement/node-survey.ts";
import { placeReplicas } from "@commonhold/core/placement/place-replicas.ts";
import type { ChunkRef } from "./node-retrievals.ts";

/** A member as placement and handoff see it. */
export interface MemberNode extends PlacementNode {
  /** receiving: may be given chunks now · away: may return · other: draining, drained, banned. */
  readonly presence: "receiving" | "away" | "other";
}

/** Where a chunk may go, as things stand now. */
export interface PlacementView {
  /** The nodes for a chunk's copies, best first; fewer where there are not enough. */
  choose(chunk: ChunkRef, terms: { readonly ownerId: UserId; readonly copies: number }): readonly NodeId[];
  /** Another node, in place of those that failed. */
  replace(
    chunk: ChunkRef,
    terms: { readonly ownerId: UserId; readonly failed: ReadonlySet<NodeId>; readonly others: ReadonlySet<NodeId> },
  ): NodeId | undefined;
  /** Members that are away, to whom `copies` more shall be handed off when they return. */
  chooseAbsent(
    chunk: ChunkRef,
    terms: { readonly ownerId: UserId; readonly copies: number; readonly chosen: ReadonlySet<NodeId> },
  ): readonly NodeId[];
  /** All members, as placement sees them. */
  survey(): NodeSurvey;
}

/** @param isAvailable whether a node's circuit breaker lets calls through */
export function createPlacementView(
  members: () => readonly MemberNode[],
  isAvailable: (nodeId: NodeId) => boolean,
): PlacementView {
  let surveyed: { readonly of: readonly MemberNode[]; readonly survey: NodeSurvey } | undefined;
  const current = () => {
    const nodes = members();
    if (surveyed?.of !== nodes) surveyed = { of: nodes, survey: surveyNodes(nodes) };
    return { nodes, survey: surveyed.survey };
  };
  const idsWhere = (nodes: readonly MemberNode[], test: (node: MemberNode) => boolean): Set<NodeId> =>
    new Set(nodes.filter(test).map((node) => node.id));
  const canReceive = (node: MemberNode): boolean => node.presence === "receiving" && isAvailable(node.id);

  return {
    choose: (chunk, { ownerId, copies }) => {
      const { nodes, survey } = current();
      const exclude = idsWhere(nodes, (node) => !canReceive(node));
      return placeReplicas({ ...sizeOf(chunk), copies, ownerId, exclude }, survey).nodes;
    },
    replace: (chunk, { ownerId, failed, others }) => {
      const { nodes, survey } = current();
      const exclude = idsWhere(nodes, (node) => !canReceive(node) || failed.has(node.id));
      return placeReplicas({ ...sizeOf(chunk), copies: 1, ownerId, exclude, held: others }, survey).nodes[0];
    },
    chooseAbsent: (chunk, { ownerId, copies, chosen }) => {
      const { nodes, survey } = current();
      const exclude = idsWhere(nodes, (node) => node.presence === "other" || canReceive(node));
      return placeReplicas({ ...sizeOf(chunk), copies, ownerId, exclude, held: chosen }, survey).nodes;
    },
    survey: () => current().survey,
  };
}

function sizeOf(chunk: ChunkRef) {
  return { chunkName: chunk.name, lengthBytes: chunk.sealedLength };
}
