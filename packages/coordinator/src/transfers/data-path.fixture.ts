import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { createMemoryNetwork } from "@commonhold/p2p/memory-host.ts";
import type { Exchange, PeerHost } from "@commonhold/p2p/peer-host.ts";
import { createIdentity } from "@commonhold/p2p/identity.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { serveDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { serveReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { serveRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { serveRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { serveStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import { Registry } from "prom-client";
import { type CoordinatorConfig, loadCoordinatorConfig } from "../config/coordinator-config.ts";
import { openTransferParts, type TransferParts } from "../coordinator-transfers.ts";
import { registerDownloadRoutes } from "../downloads/download-routes.ts";
import { createExplainUnreadable } from "../downloads/unreadable-file.ts";
import { createFileHealthReader } from "../files/file-health.ts";
import { registerFileRoutes } from "../files/file-routes.ts";
import { createFileService } from "../files/file-service.ts";
import { registerRestoreRoutes } from "../files/restore-routes.ts";
import { type ApiFixture, createApiFixture, HEARTBEAT, type TestUser } from "../http/api.fixture.ts";
import type { Authentication } from "../http/authentication.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import { createCreditStandings } from "../economics/credit-standing.ts";
import { createHttpFixture, createLogFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";
import { registerOneStepRoutes } from "../uploads/one-step-routes.ts";
import { registerUploadRoutes } from "../uploads/upload-routes.ts";

/** For tests: a storage node whose chunks lie in memory. */
export interface FakeNode {
  readonly id: NodeId;
  readonly apiKey: string;
  readonly chunks: Map<ChunkName, Uint8Array>;
  /** Thrown at whatever asks it to take a chunk, where it is set. */
  refusal: AppError | undefined;
  /** Awaited before a chunk is taken or given, where it is set. */
  hold: Promise<unknown> | undefined;
  /** Serves its exchanges instead of it, where it is set: a node that keeps to no rules. */
  instead: ((exchange: Exchange, kind: ProtocolName) => Promise<void>) | undefined;
  stores: number;
  retrievals: number;
}

export interface DataPathOptions {
  readonly nodes: number;
  /** As in `coordinator.toml`. No chunks are kept in memory unless they say so: what is read comes from the nodes. */
  readonly settings?: object;
}

/** For tests: the whole way of chunks through a coordinator, over HTTP, real metadata, and nodes in memory. */
export interface DataPath {
  readonly api: ApiFixture;
  readonly nodes: readonly FakeNode[];
  readonly transfers: TransferParts;
  readonly config: CoordinatorConfig;
  readonly user: TestUser;
  readonly url: string;
  readonly app: Http;
  readonly logLines: readonly Record<string, unknown>[];
  /** Counts of transfers and of bad replicas. */
  readonly registry: Registry;
  /** A call by the user, over a socket. Who calls needs no token here. */
  call(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }>;
  credits(): Promise<{ readonly available: bigint; readonly reserved: bigint }>;
  heartbeat(node: FakeNode, fields?: object): Promise<void>;
  ban(node: FakeNode): Promise<void>;
  readonly spoolFolder: string;
  /** Ends transfers as a stopping coordinator does. */
  stopTransfers(): Promise<void>;
  close(): Promise<void>;
}

export async function openDataPath(options: DataPathOptions): Promise<DataPath> {
  const api = await createApiFixture({ engine: "memory" });
  const network = createMemoryNetwork();
  const identity = createIdentity();
  const user = await api.newUser();
  const { host, nodes, closeNodes } = await openNodes(api, { network, user, count: options.nodes, identity });
  const { logger, logLines } = createLogFixture();
  const ending = new AbortController();
  const config = loadCoordinatorConfig({
    env: {},
    text: "",
    defaults: { limits: { chunk_cache_bytes: 0 } },
    ...(options.settings && { overrides: options.settings }),
  });
  const folder = await mkdtemp(join(tmpdir(), "commonhold-data-path-"));
  const registry = new Registry();
  const standings = createCreditStandings(api, { graceMs: config.credits.arrears_grace_days * DAY_MS });
  const transfers = await openTransferParts(
    {
      ...api,
      host,
      secrets: { identity, masterKey: api.masterKey, tokenKey: api.tokenKey },
      random: systemRandom,
      sleep: systemSleep,
      logger,
      registry,
      refuseInArrears: (ownerId) => standings.refuseInArrears(ownerId),
      stopping: ending.signal,
    },
    { folder, config, terms: { microCreditsPerGbMonth: 1_000_000n } },
  );
  const { app } = await createHttpFixture({ connectionsMax: 1000 });
  registerRoutes(app, { api, user, transfers, stopping: ending.signal, logger });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const call = (path: string, init?: RequestInit): Promise<Response> => fetch(`${url}${path}`, init);
  return {
    api,
    nodes,
    transfers,
    config,
    user,
    url,
    app,
    logLines,
    registry,
    call,
    json: async (path, init) => {
      const response = await call(path, init);
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    credits: async () => {
      const rows = await api.metadata.read.selectFrom("ledger_accounts").selectAll().execute();
      const balance = (kind: string) => rows.find((row) => row.id === `user:${user.id}:${kind}`)?.balance_microcredits;
      return { available: balance("available") ?? 0n, reserved: balance("reserved") ?? 0n };
    },
    ban: async (node) => {
      await api.metadata.apply("node.ban", { id: node.id });
      await api.directory.reload(node.id);
    },
    spoolFolder: join(folder, "spool"),
    heartbeat: (node, fields) => heartbeat(api, node.apiKey, fields),
    stopTransfers: async () => {
      ending.abort(new AppError("SHUTTING_DOWN", "the coordinator is stopping"));
      await transfers.late.idle();
    },
    close: async () => {
      ending.abort(new AppError("SHUTTING_DOWN", "the coordinator is stopping"));
      app.server.closeAllConnections();
      await app.close();
      for (const job of transfers.jobs) await job.stop();
      await transfers.late.idle();
      await closeNodes();
      await api.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function heartbeat(api: ApiFixture, apiKey: string, fields: object = {}): Promise<void> {
  const body = { ...HEARTBEAT, capacity_bytes: 10 ** 12, free_bytes: 10 ** 12, ...fields };
  const answer = await api.call("POST", "/api/v1/nodes/heartbeat", { apiKey, body });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
}

async function openNodes(
  api: ApiFixture,
  parts: {
    readonly network: ReturnType<typeof createMemoryNetwork>;
    readonly user: TestUser;
    readonly count: number;
    readonly identity: ReturnType<typeof createIdentity>;
  },
) {
  const own = await parts.network.createHost(parts.identity.peerId);
  const hosts = new Map<string, PeerHost>();
  const nodes: FakeNode[] = [];
  for (let number = 1; number <= parts.count; number++) {
    const { id, apiKey } = await api.newNode(parts.user, `node-${number}`);
    await heartbeat(api, apiKey);
    const node: FakeNode = {
      id: id as NodeId,
      apiKey,
      chunks: new Map(),
      refusal: undefined,
      hold: undefined,
      instead: undefined,
      stores: 0,
      retrievals: 0,
    };
    const host = await parts.network.createHost(id);
    await serveChunks(host, node, nodes);
    hosts.set(id, host);
    nodes.push(node);
  }
  const host: PeerHost = {
    peerId: own.peerId,
    addresses: () => own.addresses(),
    handle: (protocol, handler, handlerLimits) => own.handle(protocol, handler, handlerLimits),
    exchange: ({ peerId }, protocol, run, exchangeOptions) =>
      own.exchange({ peerId, addresses: hosts.get(peerId)?.addresses() ?? [] }, protocol, run, exchangeOptions),
    setMembers: (peerIds) => own.setMembers(peerIds),
    stop: (graceMs) => own.stop(graceMs),
  };
  const closeNodes = async () => {
    await own.stop(0);
    for (const each of hosts.values()) await each.stop(0);
  };
  return { host, nodes, closeNodes };
}

const LIMITS = { timeoutMs: 60_000, concurrentPerPeerMax: 1000, concurrentMax: 1000 };

async function serveChunks(host: PeerHost, node: FakeNode, nodes: readonly FakeNode[]): Promise<void> {
  const take = async (name: ChunkName, bytes: Uint8Array) => {
    await node.hold;
    if (node.refusal !== undefined) throw node.refusal;
    const alreadyHeld = node.chunks.has(name);
    node.chunks.set(name, bytes.slice());
    return { alreadyHeld };
  };
  const give = async (name: ChunkName) => {
    node.retrievals += 1;
    await node.hold;
    const bytes = node.chunks.get(name);
    if (bytes === undefined) throw new AppError("CHUNK_NOT_FOUND", "not here");
    return bytes;
  };
  const serve = (kind: ProtocolName, serveWell: (stream: Exchange["stream"]) => Promise<void>): Promise<void> =>
    host.handle(PROTOCOLS[kind], (exchange) => node.instead?.(exchange, kind) ?? serveWell(exchange.stream), LIMITS);
  await serve("storeChunk", (stream) => {
    node.stores += 1;
    return serveStoreChunk(stream, { authorise: () => undefined, store: take });
  });
  await serve("storeBatch", (stream) => {
    node.stores += 1;
    return serveStoreBatch(stream, {
      authorise: () => undefined,
      store: (chunks) => Promise.allSettled(chunks.map(({ chunkName, sealed }) => take(chunkName, sealed))),
    });
  });
  await serve("retrieveChunk", (stream) =>
    serveRetrieveChunk(stream, {
      authorise: () => undefined,
      retrieve: async (name) => {
        const bytes = await give(name);
        return { length: bytes.byteLength, bytes };
      },
    }),
  );
  await serve("retrieveBatch", (stream) =>
    serveRetrieveBatch(stream, {
      authorise: () => undefined,
      retrieve: (chunks) => Promise.allSettled(chunks.map(({ chunkName }) => give(chunkName))),
    }),
  );
  await serve("deleteChunk", (stream) =>
    serveDeleteChunk(stream, {
      authorise: () => undefined,
      delete: async (name) => ({ wasHeld: node.chunks.delete(name), storedAnew: false }),
    }),
  );
  await serve("replicateChunk", (stream) =>
    serveReplicateChunk(stream, {
      authorise: () => undefined,
      replicate: async ({ chunkName, source }) => {
        const bytes = nodes.find((other) => other.id === source.peerId)?.chunks.get(chunkName);
        if (bytes === undefined) throw new AppError("CHUNK_NOT_FOUND", "not there");
        return take(chunkName, bytes);
      },
    }),
  );
}

function registerRoutes(
  app: Http,
  parts: {
    readonly api: ApiFixture;
    readonly user: TestUser;
    readonly transfers: TransferParts;
    readonly stopping: AbortSignal;
    readonly logger: ReturnType<typeof createLogFixture>["logger"];
  },
): void {
  const { api, user, transfers, stopping, logger } = parts;
  // An access token would expire where a test moves the clock.
  const requireUser: Authentication["requireUser"] = async (request) => {
    setPrincipal(request, { kind: "user", userId: user.id as UserId, role: "user" });
  };
  const files = createFileService(api);
  const { sessions, keyed, openUploads, pipeline, complete, small, streams, buffers, uploadBudget: budget } = transfers;
  const receiver = { pipeline, budget, buffers, stopping };
  registerUploadRoutes(app, { requireUser, sessions, keyed, openUploads, receiver, complete, files });
  const uploads = { sessions, pipeline, complete, small, budget, streams, buffers, stopping, logger };
  registerOneStepRoutes(app, { requireUser, uploads, keyed, files });
  const health = createFileHealthReader({
    metadata: api.metadata,
    catalog: transfers.replicas.catalog,
    standingOf: (id) => api.directory.standingOf(id),
  });
  registerFileRoutes(app, { requireUser, files, health });
  registerRestoreRoutes(app, { requireUser, files, health });
  const explainUnreadable = createExplainUnreadable({
    ...api,
    catalog: transfers.replicas.catalog,
    hasKept: (name) => transfers.spool.has(name),
  });
  const { reader, readings } = transfers;
  const reading = { reader, streams: readings, explainUnreadable, masterKey: api.masterKey, stopping, logger };
  registerDownloadRoutes(app, { requireUser, files, ...reading });
}
