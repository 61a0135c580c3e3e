import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";

export interface ChunkCopy {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  readonly nodeStatus: NodeStatus;
  readonly state: ReplicaState;
  /** When the node last proved that it had what it was asked for: every copy is asked for in turn, and it is not kept for each. */
  readonly nodeAuditedAtMs: number | undefined;
}

/** One chunk of a file, and where it lies. */
export interface ChunkPlace {
  readonly index: number;
  readonly sizeBytes: number;
  /** Copies that are promised of it. */
  readonly wanted: number;
  /** By the names of their nodes. */
  readonly copies: readonly ChunkCopy[];
}

export interface FileChunksDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly catalog: Pick<ReplicaCatalog, "getMany">;
  readonly nodeOf: (nodeId: NodeId) => { readonly name: string; readonly status: NodeStatus } | undefined;
}

export interface FileChunks {
  /** Chunks in the order of the file, those above the index `after`. */
  page(fileId: FileId, page: { readonly after: number; readonly limit: number }): Promise<readonly ChunkPlace[]>;
}

const chunkPage = prepareQuery(
  (read, page: { readonly fileId: string; readonly after: number; readonly limit: number }) =>
    read
      .selectFrom("file_chunks")
      .select(["chunk_index", "chunk_name", "plain_length"])
      .where("file_id", "=", page.fileId)
      .where("chunk_index", ">", page.after)
      .orderBy("chunk_index")
      .limit(page.limit),
);

export function createFileChunks(deps: FileChunksDeps): FileChunks {
  return {
    page: async (fileId, { after, limit }) => {
      const rows = await chunkPage(deps.metadata.read, { fileId, after, limit });
      const known = await deps.catalog.getMany([...new Set(rows.map((row) => row.chunk_name as ChunkName))]);
      const holders = new Set([...known.values()].flatMap(({ replicas }) => replicas.map(({ nodeId }) => nodeId)));
      const auditedAtMs = new Map<NodeId, number | undefined>();
      for (const nodeId of holders) auditedAtMs.set(nodeId, await lastPassedAtMs(deps.metadata, nodeId));
      return rows.map((row) => {
        const chunk = known.get(row.chunk_name as ChunkName);
        const copies = (chunk?.replicas ?? []).map(({ nodeId, state }): ChunkCopy => {
          const { name = nodeId, status = "offline" } = deps.nodeOf(nodeId) ?? {};
          return { nodeId, nodeName: name, nodeStatus: status, state, nodeAuditedAtMs: auditedAtMs.get(nodeId) };
        });
        return {
          index: row.chunk_index,
          sizeBytes: row.plain_length,
          wanted: chunk?.copies ?? 0,
          copies: copies.sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1)),
        };
      });
    },
  };
}

/** A node that has passed none of so many, the last, has none worth telling of. */
const CHALLENGES_LOOKED_AT = 50;

const lastChallenges = prepareQuery((read, values: { readonly nodeId: string; readonly limit: number }) =>
  read
    .selectFrom("audit_challenges")
    .select(["is_passed", "settled_at_ms"])
    .where("node_id", "=", values.nodeId)
    .orderBy("issued_at_ms", "desc")
    .limit(values.limit),
);

async function lastPassedAtMs({ read }: Pick<Metadata, "read">, nodeId: NodeId): Promise<number | undefined> {
  const rows = await lastChallenges(read, { nodeId, limit: CHALLENGES_LOOKED_AT });
  return rows.find((row) => row.is_passed === 1)?.settled_at_ms ?? undefined;
}
