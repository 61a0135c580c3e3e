import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { sealChunkEntry } from "@commonhold/chunk/chunk-entry.ts";
import { type SealedChunk, sealChunk } from "@commonhold/chunk/seal-chunk.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { DoubtfulReplicas } from "../transfers/doubtful-replicas.ts";
import type { LateReplicas } from "../transfers/late-replicas.ts";
import { type ReplicaWriterDeps, writeReplicas } from "../transfers/replica-writer.ts";
import type { TransferMetrics } from "../transfers/transfer-metrics.ts";
import type { OpenUpload } from "./open-uploads.ts";

export interface ChunkPipelineDeps {
  readonly metadata: Metadata;
  readonly ownerSecret: (userId: UserId) => Promise<Uint8Array>;
  readonly replicas: ReplicaWriterDeps;
  readonly late: LateReplicas;
  /** Whether a node that holds a chunk is here now. */
  readonly isActive: (nodeId: NodeId) => boolean;
  readonly doubtful: DoubtfulReplicas;
  readonly writeQuorum: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: TransferMetrics;
}

export interface StoredChunk {
  readonly name: ChunkName;
  readonly plainHash: Uint8Array;
  /** Copies on disk when the chunk was acknowledged. */
  readonly replicas: number;
  /** Resolves when no copy needs the bytes in memory any more. */
  readonly released: Promise<void>;
}

/** The way of a chunk in: seal, name, place, send until a quorum has it on disk, commit. */
export type ChunkPipeline = (
  upload: OpenUpload,
  chunk: { readonly index: number; readonly plain: Uint8Array },
  stopping: AbortSignal,
) => Promise<StoredChunk>;

export function createChunkPipeline(deps: ChunkPipelineDeps): ChunkPipeline {
  return async (upload, { index, plain }, stopping) => {
    const sealed = await sealChunk(plain, await deps.ownerSecret(upload.ownerId));
    const commit = (replicas: readonly ReplicaRow[]) => {
      const nowMs = deps.clock.nowMs();
      return deps.metadata.apply("chunk.commit", {
        upload_id: upload.id,
        chunk_index: index,
        chunk_name: sealed.name,
        sealed_length: sealed.sealed.byteLength,
        plain_length: plain.byteLength,
        copies: upload.copies,
        sealed_entry: sealEntry(deps, { upload, index, sealed }),
        replicas: [...replicas],
        now_ms: nowMs,
        ...(upload.leaseMs === undefined ? {} : { lease_until_ms: nowMs + upload.leaseMs }),
      });
    };

    const quorum = Math.min(deps.writeQuorum, upload.copies);
    const holders = await presentHolders(deps, sealed.name, upload.copies);
    if (holders >= quorum) {
      await commit([]);
      return { name: sealed.name, plainHash: sealed.plainHash, replicas: holders, released: Promise.resolve() };
    }
    const bytes = { name: sealed.name, sealed: sealed.sealed };
    const acknowledged = await writeReplicas(
      deps.replicas,
      { chunk: bytes, ownerId: upload.ownerId, copies: upload.copies, quorum },
      stopping,
    );
    await commit([
      ...acknowledged.active.map((id): ReplicaRow => ({ node_id: id, state: "active" })),
      ...acknowledged.pending.map((id): ReplicaRow => ({ node_id: id, state: "pending" })),
    ]);
    for (const id of acknowledged.active) deps.doubtful.clear(sealed.name, id);
    deps.metrics.chunksStored(1);
    return {
      name: sealed.name,
      plainHash: sealed.plainHash,
      replicas: acknowledged.active.length,
      released: deps.late.follow(bytes, acknowledged),
    };
  };
}

interface ReplicaRow {
  readonly node_id: NodeId;
  readonly state: "active" | "pending";
}

function sealEntry(
  deps: ChunkPipelineDeps,
  part: { readonly upload: OpenUpload; readonly index: number; readonly sealed: SealedChunk },
): string {
  const { upload, index, sealed } = part;
  const entry = { key: sealed.key, plainHash: sealed.plainHash, codec: sealed.codec };
  const context = { fileKey: upload.fileKey, fileId: upload.fileId, index };
  return Buffer.from(sealChunkEntry(entry, context, deps.random)).toString("base64");
}

/**
 * Deduplication: copies of this chunk that stand on nodes which are here now. None count where fewer were asked for
 * until now than `copies`.
 */
async function presentHolders(deps: ChunkPipelineDeps, name: ChunkName, copies: number): Promise<number> {
  const rows = await deps.metadata.read
    .selectFrom("assignments")
    .innerJoin("chunks", "chunks.name", "assignments.chunk_name")
    .select("node_id")
    .where("chunk_name", "=", name)
    .where("state", "=", "active")
    .where("chunks.copies", ">=", copies)
    .execute();
  const isThere = (id: NodeId): boolean => deps.isActive(id) && !deps.doubtful.has(name, id);
  return rows.filter((row) => isThere(row.node_id as NodeId)).length;
}
