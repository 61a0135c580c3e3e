import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import { OFFLINE_AFTER_MS, SUSPECT_PHI } from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { applyTo, openMemoryDatabase } from "@commonhold/metadata/sqlite/memory-database.fixture.ts";
import { openSqliteMetadata } from "@commonhold/metadata/sqlite/open-sqlite-metadata.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { createIdentity, type Identity, verifySignature } from "@commonhold/p2p/identity.ts";
import { createMetrics } from "@commonhold/runtime/metrics.ts";
import type { Random } from "@commonhold/core/random.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { createAdminLog } from "../admin/admin-log.ts";
import { registerAdministration } from "../admin/administration.fixture.ts";
import { createLossReports } from "../anti-entropy/loss-reports.ts";
import { createAccessTokens, TOKEN_KEY_BYTES } from "../accounts/access-tokens.ts";
import { createAccountService } from "../accounts/account-service.ts";
import { forgetFirstPassword } from "../accounts/first-account.ts";
import { createLoginSessions } from "../accounts/login-sessions.ts";
import { registerAccountRoutes } from "../accounts/account-routes.ts";
import { createOwnerSecrets, type OwnerSecrets } from "../accounts/owner-secrets.ts";
import { createPasswordHasher, type PasswordHasher } from "../accounts/password-hasher.ts";
import { registerCreditRoutes } from "../credits/credit-routes.ts";
import { createCreditService } from "../credits/credit-service.ts";
import { createLocalPaymentProvider } from "../credits/local-payment-provider.ts";
import { createPaymentNotices } from "../credits/payment-notices.ts";
import type { PaymentProvider } from "../credits/payment-provider.ts";
import { registerPaymentRoutes } from "../credits/payment-routes.ts";
import { createPurchaseBooking } from "../credits/purchase-booking.ts";
import { createCreditStandings } from "../economics/credit-standing.ts";
import { registerCreditStandingRoutes } from "../economics/credit-standing-routes.ts";
import { createEarningsHistory } from "../economics/earnings-history.ts";
import { registerEarningsRoutes } from "../economics/earnings-routes.ts";
import { HeartbeatAbsences } from "../economics/heartbeat-absences.ts";
import { announceCommands, ownerOfFile } from "../events/announce-commands.ts";
import { EventHub } from "../events/event-hub.ts";
import { NodeDirectory } from "../nodes/node-directory.ts";
import { createNodeRemoval } from "../nodes/node-removal.ts";
import { registerNodeRemovalRoutes } from "../nodes/node-removal-routes.ts";
import { registerNodeRoutes } from "../nodes/node-routes.ts";
import { reputationView } from "../nodes/reputation-view.ts";
import { createNodeService } from "../nodes/node-service.ts";
import { registrationProofBytes } from "../nodes/registration-proof.ts";
import { registerOperationRoutes } from "../operations/operation-routes.ts";
import type { ReadinessCheck } from "../operations/readiness.ts";
import { createReplicationCensus } from "../operations/replication-census.ts";
import { createStatusService } from "../operations/status-service.ts";
import { sweepChunks } from "../repair/repair-sweep.ts";
import { createAuthentication } from "./authentication.ts";
import { createLogFixture } from "./http.fixture.ts";
import { type Answer, type CallOptions, createCaller } from "./api-caller.fixture.ts";
import { createHttpServer, type Http } from "./http-server.ts";

/** Argon2id's least memory: tests want the rules, not the work. */
export const TEST_ARGON2_COST = { memoryKib: 8, passes: 1, parallelism: 1 };
export const TEST_HEARTBEAT_TERMS = {
  heartbeatIntervalMs: 30_000,
  suspectPhi: SUSPECT_PHI,
  offlineAfterMs: OFFLINE_AFTER_MS,
};
const ARREARS_GRACE_MS = 14 * 86_400_000;
export const PASSWORD = "correct horse battery";

/** A clock that a test moves; it begins at the present. */
export class ManualClock implements Clock {
  #elapsedMs = 0;
  #startMs = Date.now();
  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }
  monotonicMs(): number {
    return this.#elapsedMs;
  }
  advance(ms: number): void {
    this.#elapsedMs += ms;
  }
  /** Sets the time of day, as people and time servers do. */
  jump(ms: number): void {
    this.#startMs += ms;
  }
}

/** For tests: the API of accounts, credits, nodes and operations over real metadata, without a socket. */
export interface ApiFixture {
  readonly app: Http;
  readonly metadata: Metadata;
  readonly events: EventHub;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly directory: NodeDirectory;
  readonly hasher: PasswordHasher;
  readonly ownerSecrets: OwnerSecrets;
  readonly masterKey: Uint8Array;
  readonly tokenKey: Uint8Array;
  readonly folder: string;
  readonly readinessChecks: Record<string, ReadinessCheck>;
  readonly logLines: readonly Record<string, unknown>[];
  /** Nodes that said that they have room again. */
  readonly relieved: readonly NodeId[];
  /** Calls with an access token or API key; the answer is parsed. */
  call(method: string, url: string, options?: CallOptions): Promise<Answer>;
  newUser(role?: Role): Promise<TestUser>;
  newNode(operator: TestUser, name: string): Promise<TestNode>;
  close(): Promise<void>;
}

export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TestNode {
  readonly id: string;
  readonly identity: Identity;
  readonly apiKey: string;
}

export interface ApiFixtureOptions {
  /** sqlite: the engine as it runs, by custom · memory: the same commands and tables, at once there. */
  readonly engine?: "sqlite" | "memory";
  readonly failedLoginsPerAccountMax?: number;
  readonly loginsPerAddressPerMinuteMax?: number;
  readonly registrationsPerAddressPerMinuteMax?: number;
  readonly purchasesPerUserPerHourMax?: number;
  /** By custom the local one. */
  readonly openPayments?: (parts: {
    readonly clock: Clock;
    readonly masterKey: Uint8Array;
  }) => Promise<PaymentProvider>;
}

const VERSION = "0.0.0-test";
const MANY = 1000;

export async function createApiFixture(options: ApiFixtureOptions = {}): Promise<ApiFixture> {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-api-"));
  const parts = await openParts(folder, options);
  const app = await createHttpServer(
    { ...parts, registry: parts.metrics.registry },
    {
      version: VERSION,
      trustProxy: false,
      connectionsMax: 100,
      connectionsPerAddressMax: 100,
      hostNames: ["x"],
      headersBytesMax: 16_384,
      headersTimeoutMs: 30_000,
      idleTimeoutMs: 30_000,
      keepAliveTimeoutMs: 30_000,
    },
  );
  await registerRoutes(app, parts, options);
  await app.ready();
  const call = createCaller(app);
  return {
    ...parts,
    app,
    call,
    ...createMembers(call, parts),
    close: async () => {
      await app.close();
      await parts.metadata.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

async function openParts(folder: string, options: ApiFixtureOptions) {
  const { logger, logLines } = createLogFixture();
  const clock = new ManualClock();
  const random = systemRandom;
  const engine =
    options.engine === "memory"
      ? await openMemoryMetadata()
      : await openSqliteMetadata({ logger, clock }, { file: join(folder, "metadata.db") });
  const events = new EventHub({ clock, sleep: systemSleep }, { streamsMax: 100 });
  const metadata: Metadata = announceCommands(engine, {
    events,
    logger,
    operatorOf: (nodeId) => directory.get(nodeId)?.operatorId,
    ownerOfFile: (fileId) => ownerOfFile(engine, fileId),
  });
  const masterKey = random.bytes(32);
  const directory = new NodeDirectory({ metadata, clock, logger }, TEST_HEARTBEAT_TERMS);
  await directory.load();
  const readinessChecks: Record<string, ReadinessCheck> = { metadata: () => {} };
  return {
    folder,
    logger,
    logLines,
    clock,
    random,
    metadata,
    events,
    masterKey,
    tokenKey: random.bytes(TOKEN_KEY_BYTES),
    metrics: createMetrics({ role: "coordinator", version: VERSION }),
    hasher: createPasswordHasher({ random }, { concurrentMax: 2, waitingMax: 64, cost: TEST_ARGON2_COST }),
    ownerSecrets: createOwnerSecrets({ metadata, masterKey }),
    directory,
    readinessChecks,
    relieved: [] as NodeId[],
  };
}

async function registerRoutes(app: Http, parts: Parts, options: ApiFixtureOptions): Promise<void> {
  const { metadata, directory, clock } = parts;
  const accessTokens = await createAccessTokens({ ...parts, key: parts.tokenKey }, { ttlS: 900 });
  const authentication = createAuthentication({ accessTokens, metadata });
  const accounts = createAccountService(
    {
      ...parts,
      accessTokens,
      onPasswordChanged: (email) => forgetFirstPassword(join(parts.folder, "first-account.json"), email),
    },
    { refreshTokenTtlS: 3600, welcomeMicroCredits: 10_000_000n },
  );
  const provider = (await options.openPayments?.(parts)) ?? createLocalPaymentProvider();
  const credits = createCreditService({ ...parts, provider }, { creditsPerUsd: 100 });
  registerAccountRoutes(
    app,
    { authentication, accounts, credits, sessions: createLoginSessions({ metadata, clock }) },
    {
      registrationsPerAddressPerMinuteMax: options.registrationsPerAddressPerMinuteMax ?? MANY,
      loginsPerAddressPerMinuteMax: options.loginsPerAddressPerMinuteMax ?? MANY,
      failedLoginsPerAccountMax: options.failedLoginsPerAccountMax ?? MANY,
      failedLoginsWindowMs: 60_000,
    },
  );
  registerCreditRoutes(
    app,
    { authentication, credits },
    { purchasesPerUserPerHourMax: options.purchasesPerUserPerHourMax ?? MANY },
  );
  if (provider.remote !== undefined) {
    const { name, remote } = provider;
    const booking = createPurchaseBooking(parts, name);
    const { registry } = parts.metrics;
    registerPaymentRoutes(app, { notices: createPaymentNotices({ ...parts, remote, booking, registry }, name) });
  }
  const losses = createLossReports({
    catalog: createMetadataCatalog(metadata),
    requestRepair: () => undefined,
    requestComparison: () => undefined,
    ...parts,
  });
  const absences = new HeartbeatAbsences(clock, { intervalMs: 30_000, gapAtStart: () => undefined });
  const nodes = createNodeService({ ...parts, absences, verifySignature });
  const standings = createCreditStandings(parts, { graceMs: ARREARS_GRACE_MS });
  registerCreditStandingRoutes(app, { authentication, standings, creditsPerUsd: 100 });
  registerEarningsRoutes(app, { authentication, directory, history: createEarningsHistory(metadata), credits, clock });
  const log = createAdminLog(parts);
  const drains = { progressOf: async () => undefined };
  const evictions = { relieve: async (nodeId: NodeId) => parts.relieved.push(nodeId) };
  registerNodeRoutes(
    app,
    {
      authentication,
      nodes,
      directory,
      reputationOf: (id) => reputationView(directory.reputationOf(id)),
      credits,
      losses,
      drains,
      evictions,
      log,
      coordinatorPeer: () => ({ peerId: "coordinator-peer", addresses: ["/ip4/127.0.0.1/tcp/4001"] }),
      publicUrl: () => "https://storage.example.org/",
    },
    { heartbeatIntervalMs: 30_000, registrationsPerAddressPerMinuteMax: MANY, joinTokensPerUserPerHourMax: 5 },
  );
  const catalog = createMetadataCatalog(metadata);
  const removal = createNodeRemoval({ catalog, directory, nodes, hasKept: () => false });
  registerAdministration(app, parts, { authentication, log });
  registerNodeRemovalRoutes(app, { authentication, directory, removal, log });
  const { page } = catalog;
  const walk = { read: page, visit: () => undefined };
  const sweepOptions = { page: 1000, sliceMs: 10, signal: new AbortController().signal };
  const sweep = () => sweepChunks({ nodes: directory, clock, sleep: systemSleep }, walk, sweepOptions);
  const census = createReplicationCensus({ sweep, clock });
  const handoffs = () => ({ pending: 1, spoolBytes: 2, spoolBytesMax: 3 });
  const status = createStatusService(
    { metadata, directory, census, handoffs, ledger: () => undefined },
    { version: VERSION },
  );
  registerOperationRoutes(app, { ...parts, authentication, status }, { version: VERSION });
}

function createMembers(call: ApiFixture["call"], parts: Parts): Pick<ApiFixture, "newUser" | "newNode"> {
  let users = 0;

  const create = async (url: string, options: CallOptions): Promise<unknown> => {
    const answer = await call("POST", url, options);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };

  return {
    newUser: async (role = "user") => {
      const email = `user${++users}@example.org`;
      const made = (await create("/api/v1/auth/register", { body: { email, password: PASSWORD } })) as {
        readonly user: { readonly id: string };
        readonly access_token: string;
        readonly refresh_token: string;
      };
      if (role !== "user") await parts.metadata.apply("user.set_role", { id: made.user.id, role });
      return { id: made.user.id, email, accessToken: made.access_token, refreshToken: made.refresh_token };
    },
    newNode: async (operator, name) => {
      const identity = createIdentity();
      const invitation = (await create("/api/v1/nodes/join-tokens", { token: operator.accessToken, body: {} })) as {
        readonly join_token: string;
      };
      const claim = { joinToken: invitation.join_token, name, timestampMs: parts.clock.nowMs() };
      const made = (await create("/api/v1/nodes/register", { body: registrationOf(identity, claim) })) as {
        readonly node_id: string;
        readonly api_key: string;
      };
      return { id: made.node_id, identity, apiKey: made.api_key };
    },
  };
}

async function openMemoryMetadata(): Promise<Metadata> {
  const database = await openMemoryDatabase();
  return {
    read: database,
    snapshot: (use) => use(database),
    apply: (name, payload) => applyTo(database, commands[name] as never, payload as never) as never,
    close: () => database.destroy(),
  };
}

/** For tests: what a node sends to register. */
export function registrationOf(
  identity: Identity,
  claim: { readonly joinToken: string; readonly name: string; readonly timestampMs: number },
) {
  const proof = registrationProofBytes({ ...claim, peerId: identity.peerId });
  return {
    join_token: claim.joinToken,
    name: claim.name,
    peer_id: identity.peerId,
    addresses: ["/ip4/192.0.2.7/tcp/4001"],
    labels: { site: "home", power: "" },
    capacity_bytes: 1000,
    used_bytes: 0,
    free_bytes: 1000,
    version: "0.1.0",
    timestamp_ms: claim.timestampMs,
    signature: Buffer.from(identity.sign(proof)).toString("base64"),
  };
}

export const HEARTBEAT = {
  addresses: ["/ip4/192.0.2.8/tcp/4001"],
  capacity_bytes: 2000,
  used_bytes: 500,
  free_bytes: 1500,
  chunk_count: 5,
  draining: false,
  version: "0.1.1",
};
