import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { sealChunkEntry } from "@commonhold/chunk/chunk-entry.ts";
import { type SealedChunk, sealChunk } from "@commonhold/chunk/seal-chunk.ts";
import type { CommandPayload, Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { ChunksBeingWritten } from "../anti-entropy/chunks-being-written.ts";
import { forwardAbort } from "../forward-abort.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";
import type { DoubtfulReplicas } from "../transfers/doubtful-replicas.ts";
import type { ChunkBytes } from "../transfers/node-stores.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { LateReplicas } from "../transfers/late-replicas.ts";
import {
  type Acknowledged,
  type LateReplica,
  type ReplicaWriterDeps,
  writeReplicas,
} from "../transfers/replica-writer.ts";
import type { TransferMetrics } from "../transfers/transfer-metrics.ts";
import type { OpenUpload } from "./open-uploads.ts";

export interface ChunkPipelineDeps {
  readonly metadata: Metadata;
  readonly ownerSecret: (userId: UserId) => Promise<Uint8Array>;
  readonly replicas: ReplicaWriterDeps;
  readonly late: LateReplicas;
  /** Whether a node that holds a chunk is here now. */
  readonly isActive: (nodeId: NodeId) => boolean;
  readonly doubtful: Pick<DoubtfulReplicas, "has" | "clear">;
  readonly epochs: Pick<DeleteEpochs, "current">;
  readonly writing: Pick<ChunksBeingWritten, "begin">;
  readonly writeQuorum: number;
  readonly buffers: TransferBuffers;
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

/** What the metadata is told of a chunk that is on its nodes. */
export interface ChunkRecord {
  readonly fields: Omit<CommandPayload<"chunk.commit">, "upload_id" | "chunk_index" | "lease_until_ms" | "now_ms">;
  /** SHA-256 of the plaintext. */
  readonly plainHash: Uint8Array;
}

/** The way of a chunk in: seal, name, place, send until a quorum has it on disk, commit. Releases `plain` early. */
export type ChunkPipeline = (
  upload: OpenUpload,
  chunk: {
    readonly index: number;
    readonly plain: BufferLease;
    /** Commits it in another way than as a chunk of an upload that was initiated. */
    readonly record?: (chunk: ChunkRecord) => Promise<void>;
  },
  stopping: AbortSignal,
) => Promise<StoredChunk>;

/** A deletion of the same chunk that comes between makes a try void; so many in a row are no chance any more. */
const TRIES_MAX = 5;

export function createChunkPipeline(deps: ChunkPipelineDeps): ChunkPipeline {
  return async (upload, { index, plain, record }, stopping) => {
    reachUploadStep("coordinator:chunk-received");
    const plainLength = plain.bytes.length;
    let memory: BufferLease | undefined;
    const allocate = (length: number): Uint8Array => (memory = deps.buffers.sealed.lease(length)).bytes;
    const sealed = await sealChunk(plain.bytes, await deps.ownerSecret(upload.ownerId), { allocate });
    plain.release();
    reachUploadStep("coordinator:chunk-sealed");
    const commit = async (replicas: readonly ReplicaRow[], epoch: number) => {
      const fields = {
        chunk_name: sealed.name,
        sealed_length: sealed.sealed.length,
        plain_length: plainLength,
        copies: upload.copies,
        sealed_entry: sealEntry(deps, { upload, index, sealed }),
        replicas: [...replicas],
        epoch,
      };
      reachUploadStep("coordinator:before-chunk-commit");
      if (record !== undefined) await record({ fields, plainHash: sealed.plainHash });
      else {
        const nowMs = deps.clock.nowMs();
        await deps.metadata.apply("chunk.commit", {
          upload_id: upload.id,
          chunk_index: index,
          ...fields,
          now_ms: nowMs,
          ...(upload.leaseMs === undefined ? {} : { lease_until_ms: nowMs + upload.leaseMs }),
        });
      }
      reachUploadStep("coordinator:after-chunk-commit");
    };

    const endWriting = deps.writing.begin(sealed.name);
    try {
      const stored = await storeUntilCommitted(deps, { upload, sealed, memory, commit }, stopping);
      void stored.released.then(endWriting);
      return stored;
    } catch (error) {
      endWriting();
      throw error;
    }
  };
}

interface SealedForUpload {
  readonly upload: OpenUpload;
  readonly sealed: SealedChunk;
  readonly memory: BufferLease | undefined;
  readonly commit: (replicas: readonly ReplicaRow[], epoch: number) => Promise<void>;
}

async function storeUntilCommitted(
  deps: ChunkPipelineDeps,
  chunk: SealedForUpload,
  stopping: AbortSignal,
): Promise<StoredChunk> {
  let isLent = false;
  const onFailedAttempt = (): void => {
    isLent = true;
  };
  const release = (): void => {
    // A stream that failed may still refer to the bytes: then they are never used again.
    if (!isLent) chunk.memory?.release();
  };
  for (let tries = 1; ; tries++) {
    try {
      return await storeAndCommit(deps, { ...chunk, onFailedAttempt, release }, stopping);
    } catch (error) {
      stopping.throwIfAborted();
      if (!hasCode(error, "CONCURRENT_CHANGE") || tries === TRIES_MAX) throw error;
    }
  }
}

/** @throws AppError CONCURRENT_CHANGE where copies that it counts on have been deleted meanwhile */
async function storeAndCommit(
  deps: ChunkPipelineDeps,
  chunk: SealedForUpload & { readonly onFailedAttempt: () => void; readonly release: () => void },
  stopping: AbortSignal,
): Promise<StoredChunk> {
  const { upload, sealed, commit, release } = chunk;
  const { name, plainHash } = sealed;
  const quorum = Math.min(deps.writeQuorum, upload.copies);
  const epoch = deps.epochs.current();
  const holders = await presentHolders(deps, name, upload.copies);
  if (holders >= quorum) {
    await commit([], epoch);
    release();
    return { name, plainHash, replicas: holders, released: Promise.resolve() };
  }
  const { onFailedAttempt } = chunk;
  const bytes: ChunkBytes = { name, sealed: sealed.sealed, epoch, ownerId: upload.ownerId, onFailedAttempt };
  const sending = new AbortController();
  const endForwarding = forwardAbort(stopping, sending);
  const acknowledged = await writeReplicas(
    deps.replicas,
    { chunk: bytes, ownerId: upload.ownerId, copies: upload.copies, quorum },
    sending.signal,
  ).catch((error: unknown) => {
    endForwarding();
    throw error;
  });
  void acknowledged.settled.then(endForwarding);
  for (const id of acknowledged.active) deps.doubtful.clear(name, id);
  try {
    await commit(rowsOf(acknowledged), epoch);
  } catch (error) {
    sending.abort(error);
    await acknowledged.settled;
    throw error;
  }
  deps.metrics.chunksStored(1);
  return {
    name,
    plainHash,
    replicas: acknowledged.active.length,
    released: deps.late.follow(bytes, acknowledged).then(async () => {
      if (!(await acknowledged.settled).some(isMissing)) release();
    }),
  };
}

function rowsOf({ active, pending }: Acknowledged): ReplicaRow[] {
  return [
    ...active.map((id): ReplicaRow => ({ node_id: id, state: "active" })),
    ...pending.map((id): ReplicaRow => ({ node_id: id, state: "pending" })),
  ];
}

function isMissing({ outcome }: LateReplica): boolean {
  return outcome.kind === "missing";
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
  const rows = await holdersOf(deps.metadata.read, { name, copies });
  const isThere = (id: NodeId): boolean => deps.isActive(id) && !deps.doubtful.has(name, id);
  return rows.filter((row) => isThere(row.node_id as NodeId)).length;
}

const holdersOf = prepareQuery((read, values: { readonly name: string; readonly copies: number }) =>
  read
    .selectFrom("assignments")
    .innerJoin("chunks", "chunks.name", "assignments.chunk_name")
    .select("node_id")
    .where("chunk_name", "=", values.name)
    .where("state", "=", "active")
    .where("chunks.copies", ">=", values.copies),
);
