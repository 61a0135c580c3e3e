import type { NodeStanding } from "../failure/node-standing.ts";
import type { ChunkName, NodeId, UserId } from "../ids.ts";
import type { ChunkRecord, Replica, ReplicaState } from "./chunk-record.ts";

const COPY = /^(\w+):(\w+)(?:\/(\w+))?$/;

/** A chunk for tests; `replicas` is "node:standing/state …", with active where no state is given. */
export function chunkOf(given: {
  readonly name?: string;
  readonly copies?: number;
  readonly pins?: string;
  readonly replicas?: string;
  readonly ownerId?: string;
  readonly sealedLength?: number;
}): ChunkRecord {
  return {
    name: (given.name ?? "ab".repeat(32)) as ChunkName,
    ownerId: (given.ownerId ?? "owner") as UserId,
    sealedLength: given.sealedLength ?? 1_000,
    copies: given.copies ?? 3,
    priority: "normal",
    pins: nodesOf(given.pins ?? ""),
    replicas: copiesIn(given.replicas ?? "").map(({ nodeId, state }): Replica => ({ nodeId, state, sinceMs: 0 })),
    isReferenced: true,
    createdAtMs: 0,
  };
}

export function nodesOf(text: string): readonly NodeId[] {
  return wordsOf(text) as NodeId[];
}

/** How the nodes named in "node:standing/state …" stand; any other is gone. */
export function standingIn(text: string): (nodeId: NodeId) => NodeStanding {
  const standings = new Map(copiesIn(text).map(({ nodeId, standing }) => [nodeId, standing]));
  return (nodeId) => standings.get(nodeId) ?? "gone";
}

function copiesIn(text: string): { nodeId: NodeId; standing: NodeStanding; state: ReplicaState }[] {
  return wordsOf(text).map((word) => {
    const [, nodeId, standing, state = "active"] = COPY.exec(word)!;
    return { nodeId: nodeId as NodeId, standing: standing as NodeStanding, state: state as ReplicaState };
  });
}

function wordsOf(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}
