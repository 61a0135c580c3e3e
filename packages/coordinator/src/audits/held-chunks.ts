import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";

/** Those of `names`, in their order, of which the node holds a copy now that counts or is leaving. */
export async function heldChunks(
  catalog: Pick<ReplicaCatalog, "getMany">,
  nodeId: NodeId,
  names: readonly ChunkName[],
): Promise<readonly ChunkRecord[]> {
  const copies = await copiesOf(catalog, nodeId, names);
  return copies.flatMap(({ chunk, state }) => (state === "active" || state === "leaving" ? [chunk] : []));
}

export interface NodeCopy {
  readonly chunk: ChunkRecord;
  readonly state: ReplicaState;
}

/** The node's copies of `names`, in their order, in whatever state. */
export async function copiesOf(
  catalog: Pick<ReplicaCatalog, "getMany">,
  nodeId: NodeId,
  names: readonly ChunkName[],
): Promise<readonly NodeCopy[]> {
  if (names.length === 0) return [];
  const chunks = await catalog.getMany(names);
  return names.flatMap((name) => {
    const chunk = chunks.get(name);
    const replica = chunk?.replicas.find((candidate) => candidate.nodeId === nodeId);
    return chunk === undefined || replica === undefined ? [] : [{ chunk, state: replica.state }];
  });
}
