import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import type { StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Registry } from "prom-client";
import type { OwnerSecrets } from "./accounts/owner-secrets.ts";
import type { CoordinatorConfig } from "./config/coordinator-config.ts";
import type { CoordinatorSecrets } from "./coordinator-secrets.ts";
import { createChunkFetcher } from "./downloads/chunk-fetcher.ts";
import { type FileReaderDeps, readFile } from "./downloads/file-reader.ts";
import { createReplicaSelector } from "./downloads/replica-selector.ts";
import type { Loop } from "./jobs/loop.ts";
import type { NodeDirectory } from "./nodes/node-directory.ts";
import { ByteBudget } from "./transfers/byte-budget.ts";
import { createDoubtfulReplicas, type DoubtfulReplicas } from "./transfers/doubtful-replicas.ts";
import { createHandoffLoop } from "./transfers/handoff-loop.ts";
import { type HandoffSpool, openHandoffSpool } from "./transfers/handoff-spool.ts";
import { createLateReplicas, type LateReplicas } from "./transfers/late-replicas.ts";
import { createNodeTransfers, type NodeTransfers } from "./transfers/node-transfers.ts";
import { createPlacementView, type PlacementView } from "./transfers/placement-view.ts";
import { createTransferBuffers, type TransferBuffers } from "./transfers/transfer-buffers.ts";
import { createTransferMetrics, type TransferMetrics } from "./transfers/transfer-metrics.ts";
import { forgetAbandonedUploads } from "./uploads/abandoned-uploads.ts";
import { type ChunkPipeline, createChunkPipeline } from "./uploads/chunk-pipeline.ts";
import { type CompleteUpload, createCompleteUpload } from "./uploads/complete-upload.ts";
import { createExpiredUploadsLoop } from "./uploads/expired-uploads-loop.ts";
import { createOpenUploads, type OpenUploads } from "./uploads/open-uploads.ts";
import { createStoreSmallFile, type StoreSmallFile } from "./uploads/store-small-file.ts";
import { createUploadSessions, type UploadSessions } from "./uploads/upload-sessions.ts";

/** Those that wait are bounded before they come here: by the memory for chunks, and by connections. */
const QUEUED_PER_NODE_MAX = 4_096;
const NODE_REST_MS = 5_000;
const LINGER_MS = 10;
const LATE_COPY_MS_MAX = 10_000;
const HANDOFF_INTERVAL_MS = 5_000;
const EXPIRED_UPLOADS_INTERVAL_MS = 60_000;
const BUDGET_WAITERS_MAX = 1_000;
/** What waits for a node that has been away for longer goes to another. */
const AWAY_MS_MAX = 3_600_000;
/** Of the memory for transfers, what uploads may use; the rest is for reading ahead. */
const UPLOAD_SHARE = 1 / 2;
/** Beside it, for the chunks that each open stream holds: clients may be slow, and then must not stop the others. */
const STREAMS_SHARE = 4;

export interface TransferPartsDeps {
  readonly metadata: Metadata;
  readonly host: PeerHost;
  readonly secrets: CoordinatorSecrets;
  readonly ownerSecrets: OwnerSecrets;
  readonly directory: NodeDirectory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Aborted when transfers shall end at once: after the requests under way have had their time. */
  readonly stopping: AbortSignal;
}

/** Everything that moves chunks. */
export interface TransferParts {
  readonly spool: HandoffSpool;
  readonly late: LateReplicas;
  readonly openUploads: OpenUploads;
  readonly sessions: UploadSessions;
  readonly pipeline: ChunkPipeline;
  readonly complete: CompleteUpload;
  readonly small: StoreSmallFile;
  readonly uploadBudget: ByteBudget;
  readonly streams: ByteBudget;
  readonly buffers: TransferBuffers;
  readonly reader: FileReaderDeps;
  readonly stopping: AbortSignal;
  readonly loops: readonly Loop[];
  /** Delivers what waits for nodes that are back. */
  readonly handoff: Loop;
}

export async function openTransferParts(
  deps: TransferPartsDeps,
  options: { readonly folder: string; readonly config: CoordinatorConfig; readonly terms: StorageTerms },
): Promise<TransferParts> {
  const { metadata, directory, clock, random, logger, secrets, stopping } = deps;
  const { config, terms } = options;
  await forgetAbandonedUploads({ metadata, clock, random, logger });
  const { uploadBudget, downloadBudget, streams, buffers } = createMemory(config.limits.transfer_memory_bytes);
  const metrics = createTransferMetrics(deps.registry, clock);
  const transfers = openNodeTransfers(deps, config, metrics);
  const spool = await openHandoffSpool({
    folder: join(options.folder, "spool"),
    maxBytes: config.storage.spool_max_bytes,
  });
  const late = createLateReplicas({ metadata, spool, clock, logger });
  const doubtful = createDoubtfulReplicas();
  const reader = createReader(deps, { transfers, spool, doubtful, metrics, budget: downloadBudget, streams, buffers });
  const placement = createPlacementView(
    () => directory.placeableNodes(),
    (id) => transfers.isAvailable(id),
  );
  const uploads = openUploadParts(deps, {
    config,
    terms,
    transfers,
    placement,
    late,
    doubtful,
    metrics,
    reader,
    buffers,
  });
  const handoff = createHandoffLoop(
    {
      metadata,
      spool,
      transfers,
      activeNodes: () => directory.activeNodeIds(),
      mayReturn: (id) => mayReturn(deps, id),
      placement,
      isBeingSent: (name) => late.isBeingSent(name),
      clock,
      logger,
    },
    HANDOFF_INTERVAL_MS,
  );
  const expired = createExpiredUploadsLoop(
    { metadata, openUploads: uploads.openUploads, clock, random, logger },
    EXPIRED_UPLOADS_INTERVAL_MS,
  );
  const memory = { budget: uploadBudget, streams, buffers };
  const small = createStoreSmallFile({ ...deps, ...uploads, ...memory, terms, masterKey: secrets.masterKey });
  return {
    spool,
    late,
    ...uploads,
    small,
    uploadBudget,
    streams,
    buffers,
    reader,
    stopping,
    loops: [handoff, expired],
    handoff,
  };
}

function openNodeTransfers(
  deps: TransferPartsDeps,
  config: CoordinatorConfig,
  metrics: TransferMetrics,
): NodeTransfers {
  const { directory, clock, random, secrets } = deps;
  return createNodeTransfers(
    {
      host: deps.host,
      sign: (bytes) => secrets.identity.sign(bytes),
      target: (id) => directory.target(id),
      clock,
      random,
      metrics,
    },
    {
      concurrentPerNodeMax: config.limits.transfers_per_node,
      queuedPerNodeMax: QUEUED_PER_NODE_MAX,
      restMs: NODE_REST_MS,
    },
  );
}

function createMemory(bytes: number) {
  return {
    uploadBudget: new ByteBudget(Math.floor(bytes * UPLOAD_SHARE), BUDGET_WAITERS_MAX),
    downloadBudget: new ByteBudget(Math.floor(bytes * (1 - UPLOAD_SHARE)), BUDGET_WAITERS_MAX),
    streams: new ByteBudget(bytes * STREAMS_SHARE, BUDGET_WAITERS_MAX),
    buffers: createTransferBuffers(),
  };
}

function mayReturn({ directory, clock }: TransferPartsDeps, nodeId: NodeId): boolean {
  const node = directory.get(nodeId);
  if (node === undefined) return false;
  const status = directory.status(node);
  if (status === "offline" || status === "suspect") return clock.nowMs() - node.lastHeartbeatAtMs < AWAY_MS_MAX;
  return status === "active" || status === "joining";
}

function openUploadParts(
  deps: TransferPartsDeps,
  parts: {
    readonly config: CoordinatorConfig;
    readonly terms: StorageTerms;
    readonly transfers: NodeTransfers;
    readonly placement: PlacementView;
    readonly late: LateReplicas;
    readonly doubtful: DoubtfulReplicas;
    readonly metrics: TransferMetrics;
    readonly reader: FileReaderDeps;
    readonly buffers: TransferBuffers;
  },
): Pick<TransferParts, "openUploads" | "sessions" | "pipeline" | "complete"> {
  const { metadata, directory, clock, random, secrets, stopping } = deps;
  const { config, terms, reader } = parts;
  const openUploads = createOpenUploads({ metadata, masterKey: secrets.masterKey });
  const sessions = createUploadSessions(
    {
      metadata,
      openUploads,
      masterKey: secrets.masterKey,
      activeNodeCount: () => directory.activeNodeIds().length,
      clock,
      random,
    },
    { copies: config.storage.copies, writeQuorum: config.storage.write_quorum, storage: terms },
  );
  const pipeline = createPipeline(deps, { ...parts, writeQuorum: config.storage.write_quorum });
  const complete = createCompleteUpload({
    metadata,
    sessions,
    readBack: (content, signal) =>
      readFile(reader, content, {
        range: { start: 0, end: content.sizeBytes - 1 },
        signal: AbortSignal.any([signal, stopping]),
      }),
    terms,
    clock,
    random,
  });
  return { openUploads, sessions, pipeline, complete };
}

function createReader(
  deps: TransferPartsDeps,
  parts: {
    readonly transfers: NodeTransfers;
    readonly spool: HandoffSpool;
    readonly doubtful: DoubtfulReplicas;
    readonly metrics: TransferMetrics;
    readonly budget: ByteBudget;
    readonly streams: ByteBudget;
    readonly buffers: TransferBuffers;
  },
): FileReaderDeps {
  const { transfers, spool, doubtful, metrics, budget, streams, buffers } = parts;
  const { clock, random, logger } = deps;
  const selector = createReplicaSelector({ load: (id) => transfers.load(id), random });
  const fetch = createChunkFetcher({
    transfers,
    selector,
    spooled: (name) => spool.get(name),
    doubtful,
    buffers,
    clock,
    metrics,
    logger,
  });
  return { metadata: deps.metadata, fetch, buffers, budget, streams };
}

function createPipeline(
  deps: TransferPartsDeps,
  parts: {
    readonly transfers: NodeTransfers;
    readonly placement: PlacementView;
    readonly late: LateReplicas;
    readonly doubtful: DoubtfulReplicas;
    readonly metrics: TransferMetrics;
    readonly writeQuorum: number;
    readonly buffers: TransferBuffers;
  },
): ChunkPipeline {
  const { directory, metadata, clock, random, logger } = deps;
  const isActive = (id: NodeId): boolean => {
    const node = directory.get(id);
    return node !== undefined && directory.status(node) === "active" && parts.transfers.isAvailable(id);
  };
  return createChunkPipeline({
    metadata,
    ownerSecret: (userId) => deps.ownerSecrets.ownerSecret(userId),
    replicas: {
      transfers: parts.transfers,
      placement: parts.placement,
      lingerMs: LINGER_MS,
      lateCopyMsMax: LATE_COPY_MS_MAX,
      logger,
    },
    late: parts.late,
    isActive,
    doubtful: parts.doubtful,
    writeQuorum: parts.writeQuorum,
    buffers: parts.buffers,
    clock,
    random,
    metrics: parts.metrics,
  });
}
