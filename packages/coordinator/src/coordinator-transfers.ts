import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import type { StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Registry } from "prom-client";
import { ChunksBeingWritten } from "./anti-entropy/chunks-being-written.ts";
import type { OwnerSecrets } from "./accounts/owner-secrets.ts";
import type { CoordinatorConfig } from "./config/coordinator-config.ts";
import type { CoordinatorSecrets } from "./coordinator-secrets.ts";
import { createChunkFetcher } from "./downloads/chunk-fetcher.ts";
import { type FileReaderDeps, readFile } from "./downloads/file-reader.ts";
import { PersonalMemory } from "./downloads/personal-memory.ts";
import { createHotChunkFetcher } from "./downloads/hot-chunk-fetcher.ts";
import { createReplicaSelector } from "./downloads/replica-selector.ts";
import type { Job } from "./jobs/job.ts";
import type { NodeDirectory } from "./nodes/node-directory.ts";
import { createNodeReplicaTransfers } from "./repair/node-replica-transfers.ts";
import type { ReplicaTransfers } from "./repair/replica-transfers.ts";
import { ByteBudget } from "./transfers/byte-budget.ts";
import { type DeleteEpochs, openDeleteEpochs } from "./transfers/delete-epochs.ts";
import { createDoubtfulReplicas, type DoubtfulReplicas } from "./transfers/doubtful-replicas.ts";
import { createGrantIssuer, type GrantIssuer } from "./transfers/grant-issuer.ts";
import { createHandoffJob } from "./transfers/handoff-loop.ts";
import { type HandoffSpool, openHandoffSpool } from "./transfers/handoff-spool.ts";
import { createLateReplicas, type LateReplicas } from "./transfers/late-replicas.ts";
import type { NodeTransfersDeps } from "./transfers/node-exchange.ts";
import { createNodeTransfers, type NodeTransfers } from "./transfers/node-transfers.ts";
import { createPlacementView, type PlacementView } from "./transfers/placement-view.ts";
import { RepairRequests } from "./transfers/repair-requests.ts";
import { createHotChunkMetrics } from "./transfers/hot-chunk-metrics.ts";
import { createHotChunks, type HotChunks } from "./transfers/hot-chunks.ts";
import { createTransferBuffers, type TransferBuffers } from "./transfers/transfer-buffers.ts";
import { createTransferMetrics, type TransferMetrics } from "./transfers/transfer-metrics.ts";
import { forgetAbandonedUploads } from "./uploads/abandoned-uploads.ts";
import { type ChunkPipeline, createChunkPipeline } from "./uploads/chunk-pipeline.ts";
import { type CompleteUpload, createCompleteUpload } from "./uploads/complete-upload.ts";
import { createExpiredUploadsJob } from "./uploads/expired-uploads-loop.ts";
import { createKeyedUploads, type KeyedUploads } from "./uploads/keyed-uploads.ts";
import { createOpenUploads, type OpenUploads } from "./uploads/open-uploads.ts";
import { createStoreSmallFile, type StoreSmallFile } from "./uploads/store-small-file.ts";
import { createUploadSessions, type UploadSessions, type UploadSessionsDeps } from "./uploads/upload-sessions.ts";

/** Those that wait are bounded before they come here: by the memory for chunks, and by connections. */
const QUEUED_PER_NODE_MAX = 4_096;
const NODE_REST_MS = 5_000;
const LINGER_MS = 10;
const LATE_COPY_MS_MAX = 10_000;
const HANDOFF_INTERVAL_MS = 5_000;
const EXPIRED_UPLOADS_INTERVAL_MS = 60_000;
const BUDGET_WAITERS_MAX = 1_000;
/** Who reads waits for fetches alone, which end by themselves: as many may wait as there are connections. */
const FETCHING_WAITERS_MAX = 10_000;
/** Of the memory for transfers, what uploads may use, what is for fetching sealed chunks, and what for reading ahead. */
const SHARES = { uploads: 1 / 2, fetching: 1 / 4, ahead: 1 / 4 };
/** Beside it, for the chunks that each open stream holds: clients may be slow, and then must not stop the others. */
const STREAMS_SHARE = 4;
/** The same for those who read by a link: strangers, who must not stop those who have an account. */
const LINK_STREAMS_SHARE = 2;
/** Of these, for what belongs to one person: one is not to stop the others. */
const STREAMS_SHARE_OF_EACH = 4 / 3;
const LINK_STREAMS_SHARE_OF_EACH = 4 / 3;
const READINGS_WAITING_EACH_MAX = 300;

export interface TransferPartsDeps {
  readonly metadata: Metadata;
  readonly host: PeerHost;
  readonly secrets: CoordinatorSecrets;
  readonly ownerSecrets: OwnerSecrets;
  readonly directory: NodeDirectory;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly refuseInArrears: UploadSessionsDeps["refuseInArrears"];
  /** Aborted when transfers shall end at once: after the requests under way have had their time. */
  readonly stopping: AbortSignal;
}

/** What everything that stores, repairs or deletes copies shares. */
export interface ReplicaParts {
  readonly catalog: ReplicaCatalog;
  readonly epochs: DeleteEpochs;
  readonly writing: ChunksBeingWritten;
  readonly doubtful: DoubtfulReplicas;
  readonly repairRequests: RepairRequests;
}

/** Everything that moves chunks. */
export interface TransferParts {
  readonly replicas: ReplicaParts;
  readonly grants: GrantIssuer;
  readonly nodeTransfers: NodeTransfers;
  readonly replicaTransfers: ReplicaTransfers;
  readonly placement: PlacementView;
  readonly spool: HandoffSpool;
  readonly late: LateReplicas;
  readonly openUploads: OpenUploads;
  readonly sessions: UploadSessions;
  readonly keyed: KeyedUploads;
  readonly pipeline: ChunkPipeline;
  readonly complete: CompleteUpload;
  readonly small: StoreSmallFile;
  readonly uploadBudget: ByteBudget;
  readonly streams: ByteBudget;
  readonly linkStreams: ByteBudget;
  /** `streams` for who reads own files, `linkStreams` for who reads by a link: of each owner of files a part. */
  readonly readings: PersonalMemory;
  readonly linkReadings: PersonalMemory;
  readonly buffers: TransferBuffers;
  readonly reader: FileReaderDeps;
  readonly stopping: AbortSignal;
  readonly jobs: readonly Job[];
  /** Delivers what waits for nodes that are back. */
  readonly handoff: Job;
}

export async function openTransferParts(
  deps: TransferPartsDeps,
  options: { readonly folder: string; readonly config: CoordinatorConfig; readonly terms: StorageTerms },
): Promise<TransferParts> {
  const { metadata, directory, clock, random, logger, secrets, stopping } = deps;
  const { config, terms } = options;
  await forgetAbandonedUploads({ metadata, clock, random, logger });
  const { aheadBudget, fetching, ...memory } = createMemory(config.limits.transfer_memory_bytes);
  const { uploadBudget, streams, buffers } = memory;
  const metrics = createTransferMetrics(deps.registry, clock);
  const { grants, transfers, replicaTransfers } = openNodeTransfers(deps, config, metrics);
  const spool = await openHandoffSpool({
    folder: join(options.folder, "spool"),
    maxBytes: config.storage.spool_max_bytes,
  });
  const replicas = await openReplicaParts(deps);
  const { request: requestRepair } = replicas.repairRequests;
  const late = createLateReplicas({ metadata, spool, requestRepair, clock, logger });
  const hot = createHotChunks(buffers.sealed, { bytesMax: config.limits.chunk_cache_bytes });
  const forReading = { budget: aheadBudget, fetching, streams, buffers, hot };
  const reader = createReader(deps, { ...replicas, transfers, spool, metrics, ...forReading });
  const placement = createPlacementView(
    () => directory.placeableNodes(),
    (id) => transfers.isAvailable(id),
  );
  const forWriting = { config, terms, buffers, hot };
  const uploads = openUploadParts(deps, { ...replicas, transfers, placement, late, metrics, reader, ...forWriting });
  const handoff = createHandoffJob(
    {
      ...deps,
      spool,
      transfers,
      activeNodes: () => directory.activeNodeIds(),
      epochs: replicas.epochs,
      isBeingSent: (name) => late.isBeingSent(name),
      onUndeliverable: (name, refusedBy) => replicas.repairRequests.request([name], refusedBy),
    },
    HANDOFF_INTERVAL_MS,
  );
  const expired = createExpiredUploadsJob({ ...deps, openUploads: uploads.openUploads }, EXPIRED_UPLOADS_INTERVAL_MS);
  const forSmall = { budget: uploadBudget, streams, buffers, terms, masterKey: secrets.masterKey };
  const small = createStoreSmallFile({ ...deps, ...uploads, ...forSmall });
  return {
    replicas,
    grants,
    nodeTransfers: transfers,
    replicaTransfers,
    placement,
    spool,
    late,
    ...uploads,
    small,
    ...memory,
    reader,
    stopping,
    jobs: [handoff, expired],
    handoff,
  };
}

async function openReplicaParts({ metadata, clock, logger }: TransferPartsDeps): Promise<ReplicaParts> {
  const catalog = createMetadataCatalog(metadata);
  const repairRequests = new RepairRequests();
  const doubtful = createDoubtfulReplicas({ catalog, requestRepair: repairRequests.request, clock, logger });
  return {
    catalog,
    epochs: await openDeleteEpochs(catalog, clock),
    writing: new ChunksBeingWritten(),
    doubtful,
    repairRequests,
  };
}

function openNodeTransfers(deps: TransferPartsDeps, config: CoordinatorConfig, metrics: TransferMetrics) {
  const { directory, clock, random, host, secrets } = deps;
  const grants = createGrantIssuer({
    issuer: host.peerId,
    sign: (bytes) => secrets.identity.sign(bytes),
    clock,
    random,
  });
  const nodeDeps: NodeTransfersDeps = {
    host,
    grants,
    target: (id) => directory.target(id),
    operatorOf: (id) => directory.get(id)?.operatorId,
    clock,
    metrics,
  };
  const transfers = createNodeTransfers(nodeDeps, {
    concurrentPerNodeMax: config.limits.transfers_per_node,
    queuedPerNodeMax: QUEUED_PER_NODE_MAX,
    restMs: NODE_REST_MS,
  });
  return { grants, transfers, replicaTransfers: createNodeReplicaTransfers({ ...nodeDeps, transfers }) };
}

function createMemory(bytes: number) {
  const streams = new ByteBudget(bytes * STREAMS_SHARE, BUDGET_WAITERS_MAX);
  const linkStreams = new ByteBudget(bytes * LINK_STREAMS_SHARE, BUDGET_WAITERS_MAX);
  const partOf = (budget: ByteBudget, bytesEachMax: number) =>
    new PersonalMemory(budget, { bytesEachMax, waitersEachMax: READINGS_WAITING_EACH_MAX });
  return {
    uploadBudget: new ByteBudget(Math.floor(bytes * SHARES.uploads), BUDGET_WAITERS_MAX),
    fetching: new ByteBudget(Math.floor(bytes * SHARES.fetching), FETCHING_WAITERS_MAX),
    aheadBudget: new ByteBudget(Math.floor(bytes * SHARES.ahead), BUDGET_WAITERS_MAX),
    streams,
    linkStreams,
    readings: partOf(streams, bytes * STREAMS_SHARE_OF_EACH),
    linkReadings: partOf(linkStreams, bytes * LINK_STREAMS_SHARE_OF_EACH),
    buffers: createTransferBuffers(),
  };
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
    readonly epochs: DeleteEpochs;
    readonly writing: ChunksBeingWritten;
    readonly metrics: TransferMetrics;
    readonly reader: FileReaderDeps;
    readonly buffers: TransferBuffers;
    readonly hot: HotChunks;
  },
): Pick<TransferParts, "openUploads" | "sessions" | "keyed" | "pipeline" | "complete"> {
  const { metadata, directory, clock, random, secrets, stopping } = deps;
  const { config, terms, reader } = parts;
  const openUploads = createOpenUploads({ metadata, masterKey: secrets.masterKey });
  const sessions = createUploadSessions(
    {
      metadata,
      openUploads,
      masterKey: secrets.masterKey,
      activeNodeCount: () => directory.activeNodeIds().length,
      refuseInArrears: deps.refuseInArrears,
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
  return { openUploads, sessions, keyed: createKeyedUploads({ metadata }), pipeline, complete };
}

function createReader(
  deps: TransferPartsDeps,
  parts: {
    readonly transfers: NodeTransfers;
    readonly spool: HandoffSpool;
    readonly doubtful: DoubtfulReplicas;
    readonly metrics: TransferMetrics;
    readonly budget: ByteBudget;
    readonly fetching: ByteBudget;
    readonly streams: ByteBudget;
    readonly buffers: TransferBuffers;
    readonly hot: HotChunks;
  },
): FileReaderDeps {
  const { transfers, spool, doubtful, metrics, budget, fetching, streams, buffers, hot } = parts;
  const { clock, random, logger } = deps;
  const selector = createReplicaSelector({ load: (id) => transfers.load(id), random });
  const fetchFromNodes = createChunkFetcher({
    transfers,
    selector,
    spooled: (name) => spool.get(name),
    doubtful,
    buffers,
    budget: fetching,
    clock,
    metrics,
    logger,
  });
  const fetch = createHotChunkFetcher({
    fetch: fetchFromNodes,
    hot,
    metrics: createHotChunkMetrics(deps.registry, hot),
  });
  return { metadata: deps.metadata, fetch, buffers, budget, fetching, streams };
}

function createPipeline(
  deps: TransferPartsDeps,
  parts: {
    readonly transfers: NodeTransfers;
    readonly placement: PlacementView;
    readonly late: LateReplicas;
    readonly doubtful: DoubtfulReplicas;
    readonly epochs: DeleteEpochs;
    readonly writing: ChunksBeingWritten;
    readonly metrics: TransferMetrics;
    readonly writeQuorum: number;
    readonly buffers: TransferBuffers;
    readonly hot: HotChunks;
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
      hot: parts.hot,
      logger,
    },
    late: parts.late,
    isActive,
    doubtful: parts.doubtful,
    epochs: parts.epochs,
    writing: parts.writing,
    writeQuorum: parts.writeQuorum,
    buffers: parts.buffers,
    clock,
    random,
    metrics: parts.metrics,
  });
}
