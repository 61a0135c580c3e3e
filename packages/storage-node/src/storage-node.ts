import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import type { AddressInfo } from "node:net";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { decodeIdentity, type Identity, verifySignature } from "@commonhold/p2p/identity.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import { openDataFolder } from "@commonhold/runtime/data-folder.ts";
import { createLogger, type Logger } from "@commonhold/runtime/logger.ts";
import { createMetrics, type Metrics } from "@commonhold/runtime/metrics.ts";
import { readSecretFile } from "@commonhold/runtime/secret-file.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import { createShutdown, type Shutdown } from "@commonhold/runtime/shutdown.ts";
import { removeAdminAddress, writeAdminAddress } from "./admin/admin-address.ts";
import { createAdminServer } from "./admin/admin-server.ts";
import { type NodeStatus, readNodeStatus } from "./admin/node-status.ts";
import { type ChunkStore, createChunkStore } from "./chunk-store/chunk-store.ts";
import { createNodeChunkFiles } from "./chunk-store/node-chunk-files.ts";
import { loadNodeConfig, type NodeConfig, type NodeConfigOverrides, quotaOptions } from "./config/node-config.ts";
import { DrainState } from "./drain/drain-state.ts";
import { Evictor } from "./eviction/evictor.ts";
import { createFetchReplica } from "./exchanges/fetch-replica.ts";
import { createGrantChecker } from "./exchanges/grant-checker.ts";
import { createAnswerChallenge } from "./exchanges/answer-challenge.ts";
import { registerExchanges } from "./exchanges/register-exchanges.ts";
import { identityFile } from "./init-node.ts";
import { createCoordinatorApi } from "./membership/coordinator-api.ts";
import { type Credentials, dialableAddresses, readCredentials } from "./membership/credentials.ts";
import { ChangeReports } from "./membership/change-reports.ts";
import { HeartbeatLoop } from "./membership/heartbeat-loop.ts";
import { Membership } from "./membership/membership.ts";
import { NodeReports } from "./membership/node-reports.ts";
import { createNodeMetrics, type NodeMetrics } from "./metrics/node-metrics.ts";
import type { NodeDeps } from "./node-deps.ts";
import { Scrub } from "./scrub/scrub.ts";
import { createScrubJournal } from "./scrub/scrub-journal.ts";
import { ScrubSchedule } from "./scrub/scrub-schedule.ts";

export { systemNodeDeps } from "./node-deps.ts";

/** What a closer gets beyond the grace for transfers. */
const IDLE_BUFFERS_MAX = 6;
const CLOSER_GRACE_MS = 5000;
const ADMIN_HOST = "127.0.0.1";

export interface StartNodeOptions {
  /** The data folder that `initNode` made. */
  readonly folder: string;
  readonly version: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Settings that win over `node.toml` and the environment. */
  readonly settings?: NodeConfigOverrides;
  /** Made from `node.log_level` where it is not given. */
  readonly logger?: Logger;
}

export interface RunningNode {
  readonly nodeId: string;
  readonly name: string;
  /** Of the admin API. */
  readonly adminUrl: string;
  readonly logger: Logger;
  status(): Promise<NodeStatus>;
  /**
   * Takes nothing new, lets what is under way end within `node.stop_grace_ms`, closes everything. True where all of
   * it went well. May be called twice.
   */
  stop(): Promise<boolean>;
}

/** What every part of a starting node is made from. */
interface NodeBase {
  readonly deps: NodeDeps;
  readonly folder: string;
  readonly version: string;
  readonly config: NodeConfig;
  readonly credentials: Credentials;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  readonly metrics: Metrics;
  readonly nodeMetrics: NodeMetrics;
}

interface NodeParts {
  readonly store: ChunkStore;
  readonly drain: DrainState;
  readonly host: PeerHost;
  readonly heartbeat: HeartbeatLoop;
  readonly scrub: Scrub;
  readonly evictor: Evictor;
}

/**
 * Starts the node in `folder`. It serves and reports from then on; a coordinator that is away is no reason not to start.
 * @throws AppError INVALID_CONFIG (also: not initialised), ALREADY_RUNNING, STORAGE_FAILURE, or of the network
 */
export async function startNode(deps: NodeDeps, options: StartNodeOptions): Promise<RunningNode> {
  const config = loadNodeConfig(options.folder, {
    env: options.env ?? {},
    ...(options.settings !== undefined && { overrides: options.settings }),
  });
  const logger = options.logger ?? createLogger({ level: config.node.log_level, name: "node" });
  const shutdown = createShutdown({ logger, graceMs: CLOSER_GRACE_MS });
  try {
    const base = await openBase(deps, options, { config, logger, shutdown });
    const parts = await openParts(base);
    return await open(base, parts);
  } catch (error) {
    await shutdown.stop("the start failed");
    throw error;
  }
}

async function openBase(
  deps: NodeDeps,
  options: StartNodeOptions,
  begun: Pick<NodeBase, "config" | "logger" | "shutdown">,
): Promise<NodeBase> {
  const dataFolder = await openDataFolder(options.folder);
  begun.shutdown.add("data folder", () => dataFolder.release());
  const folder = dataFolder.path;
  const credentials = await readCredentials(folder);
  const identity = decodeIdentity(await readSecretFile(identityFile(folder)));
  if (identity.peerId !== credentials.node_id) {
    throw new AppError(
      "INVALID_CONFIG",
      `"${folder}" holds the key of ${identity.peerId} and the membership of ${credentials.node_id}: ` +
        "restore the identity.key that belongs to it",
    );
  }
  const metrics = createMetrics({ role: "node", version: options.version });
  return {
    ...begun,
    deps,
    folder,
    version: options.version,
    credentials,
    identity,
    metrics,
    nodeMetrics: createNodeMetrics(metrics.registry),
  };
}

async function openParts(base: NodeBase): Promise<NodeParts> {
  const { deps, folder, config, credentials, identity, logger, shutdown, nodeMetrics } = base;
  const { clock } = deps;
  const store = await createChunkStore(
    {
      files: createNodeChunkFiles({ clock, onSync: nodeMetrics.onFsync }),
      nameOf: chunkNameOf,
      clock,
      sleep: deps.sleep,
      logger,
    },
    { folder, ...quotaOptions(config.storage) },
  );
  shutdown.add("chunk store", () => store.close());
  const drain = await DrainState.open(folder, clock);
  const host = await deps.openHost({
    identity,
    logger,
    listen: config.network.listen,
    announce: config.network.announce,
    bootstrap: dialableAddresses(credentials.coordinator),
    members: new Set([credentials.coordinator.peer_id]),
  });
  const graceMs = config.node.stop_grace_ms;
  shutdown.add("peer host", () => host.stop(graceMs), { graceMs: graceMs + CLOSER_GRACE_MS });
  const scrub = await openScrub(base, store);
  const { heartbeat, evictor } = openHeartbeat(base, { store, drain, host });
  return { store, drain, host, heartbeat, scrub, evictor };
}

async function openScrub({ deps, folder, config, logger, shutdown }: NodeBase, store: ChunkStore): Promise<Scrub> {
  const { clock, sleep, random } = deps;
  const scrub = await Scrub.open(
    { store, journal: createScrubJournal(folder), sleep, clock, logger },
    { bytesPerSecond: config.storage.scrub_bytes_per_second },
  );
  const schedule = new ScrubSchedule(
    { scrub, sleep, clock, random },
    { intervalDays: config.storage.scrub_interval_days },
  );
  shutdown.add("scrub", async () => {
    await Promise.all([schedule.stop(), scrub.stop()]);
  });
  schedule.start();
  return scrub;
}

function openHeartbeat(
  { deps, folder, version, config, credentials, logger, shutdown }: NodeBase,
  { store, drain, host }: Pick<NodeParts, "store" | "drain" | "host">,
): Pick<NodeParts, "heartbeat" | "evictor"> {
  const { clock, random, sleep } = deps;
  const api = createCoordinatorApi(
    { fetch: deps.fetch },
    { url: config.node.coordinator_url, timeoutMs: config.heartbeat.timeout_ms },
  );
  const reports = new NodeReports({ host, store, drain, logger, onMore: () => changes.noteChange() }, { version });
  const onHeard = () => {
    reports.heard();
    evictor.check();
  };
  const membership = new Membership(
    { api, host, logger, report: () => reports.make(), onHeard },
    { folder, credentials },
  );
  const evictor = new Evictor(
    { store, requestEvictions: (request, signal) => membership.requestEvictions(request, signal), clock, logger },
    { setting: config.storage.eviction },
  );
  shutdown.add("eviction", () => evictor.stop());
  const heartbeat = new HeartbeatLoop(
    { beat: (signal) => membership.beat(signal), sleep, clock, random, logger },
    { intervalMs: config.heartbeat.interval_ms, retryMsMin: config.heartbeat.retry_ms_min },
  );
  shutdown.add("heartbeat", () => heartbeat.stop());
  const changes = new ChangeReports({ heartbeat, sleep, clock });
  shutdown.add("reports of changes", async () => changes.stop());
  store.watch(() => changes.noteChange());
  return { heartbeat, evictor };
}

async function open(base: NodeBase, parts: NodeParts): Promise<RunningNode> {
  const { deps, config, credentials, identity, logger, shutdown, nodeMetrics } = base;
  const { store, drain, host, heartbeat, scrub, evictor } = parts;
  const buffers = new BufferPool({ bufferBytes: SEALED_LENGTH_MAX, idleMax: IDLE_BUFFERS_MAX });
  await registerExchanges({
    host,
    store,
    nameOf: chunkNameOf,
    coordinatorPeerId: credentials.coordinator.peer_id,
    clock: deps.clock,
    logger,
    metrics: nodeMetrics,
    checkGrant: createGrantChecker(
      { clock: deps.clock, verify: verifySignature },
      { nodeId: identity.peerId, coordinatorPeerId: credentials.coordinator.peer_id },
    ),
    assertTakesChunks: () => assertTakesChunks(drain, shutdown),
    fetchReplica: createFetchReplica({ host, store }),
    buffers,
    answerChallenge: createAnswerChallenge({ store, buffers, clock: deps.clock, identity, logger }),
  });
  nodeMetrics.watch({
    totals: () => store.totals(),
    isDraining: () => drain.isDraining,
    scrub: () => scrub.state,
    eviction: () => evictor.state,
    heartbeatAgeMs: () => {
      const { lastSuccessAtMs } = heartbeat.state;
      return lastSuccessAtMs === undefined ? undefined : deps.clock.nowMs() - lastSuccessAtMs;
    },
  });
  const startedMs = deps.clock.monotonicMs();
  const uptimeS = () => Math.floor((deps.clock.monotonicMs() - startedMs) / 1000);
  const status = () =>
    readNodeStatus({
      ...parts,
      eviction: { setting: config.storage.eviction, state: evictor.state },
      name: config.node.name,
      version: base.version,
      coordinatorUrl: config.node.coordinator_url,
      coordinatorPeerId: credentials.coordinator.peer_id,
      uptimeS,
    });
  const adminUrl = await openAdmin(base, parts, { status, uptimeS });
  heartbeat.start();
  evictor.check();
  logger.info({ node: identity.peerId, addresses: host.addresses(), admin: adminUrl }, "the node is up");
  return {
    nodeId: identity.peerId,
    name: config.node.name,
    adminUrl,
    logger,
    status,
    stop: () => shutdown.stop("the node was told to stop"),
  };
}

async function openAdmin(
  { folder, version, config, metrics, logger, shutdown }: NodeBase,
  { store, drain, heartbeat, scrub }: NodeParts,
  answers: { readonly status: () => Promise<NodeStatus>; readonly uptimeS: () => number },
): Promise<string> {
  const server = createAdminServer({
    ...answers,
    version,
    listChunks: (page) => store.listHeld(page),
    setDraining: async (draining) => {
      await (draining ? drain.begin() : drain.cancel());
      await heartbeat.beatNow();
    },
    startScrub: () => scrub.start(),
    metrics,
    logger,
  });
  shutdown.add("admin API", async () => {
    await removeAdminAddress(folder);
    await server.close();
  });
  await listen(server, config.network.admin_port);
  const { port } = server.server.address() as AddressInfo;
  const url = `http://${ADMIN_HOST}:${port}`;
  await writeAdminAddress(folder, { url, port, pid: process.pid });
  return url;
}

async function listen(server: ReturnType<typeof createAdminServer>, port: number): Promise<void> {
  try {
    await server.listen({ host: ADMIN_HOST, port });
  } catch (error) {
    if (errnoOf(error) !== "EADDRINUSE") throw error;
    throw new AppError(
      "PORT_IN_USE",
      `Port ${port} on ${ADMIN_HOST} is in use by another program: stop that, or set network.admin_port to 0`,
      { details: { host: ADMIN_HOST, port }, cause: error },
    );
  }
}

function assertTakesChunks(drain: DrainState, shutdown: Shutdown): void {
  if (shutdown.signal.aborted) {
    throw new AppError("SHUTTING_DOWN", "This node is shutting down; store the chunk elsewhere");
  }
  if (drain.isDraining) {
    throw new AppError("NODE_DRAINING", "This node is being emptied and takes no chunks; store the chunk elsewhere");
  }
}
