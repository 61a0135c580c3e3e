import { hostname } from "node:os";
import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { ErrorCode } from "@commonhold/core/error-codes.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { verifySignature } from "@commonhold/p2p/identity.ts";
import { createAccessTokens } from "./accounts/access-tokens.ts";
import { registerAccountRoutes } from "./accounts/account-routes.ts";
import { createAccountService } from "./accounts/account-service.ts";
import { forgetFirstPassword } from "./accounts/first-account.ts";
import { createLoginSessions } from "./accounts/login-sessions.ts";
import { registerTrialAccountRoute } from "./accounts/trial-account-routes.ts";
import { microCreditsOf } from "./config/coordinator-config.ts";
import { createAuditHistory } from "./audits/audit-history.ts";
import { registerAuditRoutes } from "./audits/audit-routes.ts";
import type { CoordinatorBase } from "./coordinator.ts";
import { registerAdministrationRoutes } from "./coordinator-administration.ts";
import type { AuditParts } from "./coordinator-audits.ts";
import type { DurabilityParts } from "./coordinator-durability.ts";
import type { EconomyParts } from "./coordinator-economics.ts";
import type { TransferParts } from "./coordinator-transfers.ts";
import { registerSharing } from "./coordinator-sharing.ts";
import type { UpkeepParts } from "./coordinator-upkeep.ts";
import { registerCreditRoutes } from "./credits/credit-routes.ts";
import { type CreditService, createCreditService } from "./credits/credit-service.ts";
import { openPaymentProvider } from "./credits/open-payment-provider.ts";
import { createPaymentNotices } from "./credits/payment-notices.ts";
import type { PaymentProvider } from "./credits/payment-provider.ts";
import { registerPaymentRoutes } from "./credits/payment-routes.ts";
import { createPurchaseBooking } from "./credits/purchase-booking.ts";
import { registerDownloadRoutes } from "./downloads/download-routes.ts";
import type { FileAnswerDeps } from "./downloads/file-answer.ts";
import { registerCreditStandingRoutes } from "./economics/credit-standing-routes.ts";
import { registerEarningsRoutes } from "./economics/earnings-routes.ts";
import { createExplainUnreadable } from "./downloads/unreadable-file.ts";
import { createDownloadTickets } from "./downloads/download-tickets.ts";
import { acceptTickets } from "./downloads/ticket-authentication.ts";
import { registerTicketRoutes } from "./downloads/ticket-routes.ts";
import { registerEvictionRoutes } from "./evictions/eviction-routes.ts";
import { createFileHealthReader } from "./files/file-health.ts";
import { registerFileRoutes } from "./files/file-routes.ts";
import { createFileService } from "./files/file-service.ts";
import { registerChangeRoutes } from "./files/change-routes.ts";
import { registerPinRoutes } from "./files/pin-routes.ts";
import { pinWarning } from "./files/pin-warning.ts";
import { createRedundancyService } from "./files/redundancy-service.ts";
import { createFileChunks } from "./files/file-chunks.ts";
import { registerFileChunkRoutes } from "./files/file-chunk-routes.ts";
import { registerRestoreRoutes } from "./files/restore-routes.ts";
import { registerVersionRoutes } from "./files/version-routes.ts";
import { registerFolderRoutes } from "./folders/folder-routes.ts";
import { createFolderService } from "./folders/folder-service.ts";
import { type Authentication, createAuthentication } from "./http/authentication.ts";
import { CONNECTIONS_PER_ADDRESS_MAX } from "./http/connections-per-address.ts";
import { hostNamesOf } from "./http/host-names.ts";
import { createHttpServer, type Http } from "./http/http-server.ts";
import { registerJobRoutes } from "./jobs/job-routes.ts";
import { createNodeRemoval } from "./nodes/node-removal.ts";
import { registerNodeRemovalRoutes } from "./nodes/node-removal-routes.ts";
import { registerNodeRoutes } from "./nodes/node-routes.ts";
import { createNodeService, type NodeService } from "./nodes/node-service.ts";
import { reputationView } from "./nodes/reputation-view.ts";
import { registerOperationRoutes } from "./operations/operation-routes.ts";
import { createReplicationCensus } from "./operations/replication-census.ts";
import { createStatusService } from "./operations/status-service.ts";
import { registerRebalancingRoutes } from "./rebalancing/rebalancing-routes.ts";
import { registerRepairRoutes } from "./repair/repair-routes.ts";
import { registerSearchRoutes } from "./search/search-routes.ts";
import { registerOneStepRoutes } from "./uploads/one-step-routes.ts";
import { registerUploadRoutes } from "./uploads/upload-routes.ts";
import { registerWebRoutes } from "./web/web-routes.ts";

/** A film is seen to its end, and an address that leaked is worthless soon. */
const TICKET_TTL_S = 3600;

/** Nodes that hold no more copies for anybody. */
const LEFT: ReadonlySet<NodeStatus> = new Set(["offline", "draining", "drained", "banned"]);

/** The HTTP API, listening. */
export async function openCoordinatorHttp(
  base: CoordinatorBase,
  parts: Pick<RouteParts, "transfers" | "durability" | "upkeep" | "audits" | "economy">,
): Promise<{ readonly app: Http; readonly url: string }> {
  const { http } = base.config;
  const app = await createHttpServer(
    { logger: base.logger, clock: base.clock, random: base.random, registry: base.metrics.registry },
    {
      version: base.version,
      trustProxy: http.trust_proxy,
      connectionsMax: http.connections_max,
      connectionsPerAddressMax: CONNECTIONS_PER_ADDRESS_MAX,
      hostNames: hostNamesOf(http, hostname()),
      headersBytesMax: http.headers_max_bytes,
      headersTimeoutMs: http.headers_timeout_ms,
      idleTimeoutMs: http.idle_timeout_ms,
      keepAliveTimeoutMs: http.keep_alive_timeout_ms,
    },
  );
  let url = "";
  await registerRoutes(app, { ...parts, base, publicUrl: () => http.public_url ?? url });
  if (base.webFolder !== undefined) await registerWebRoutes(app, { folder: base.webFolder });
  await listen(app, http);
  url = urlOf(app, http.host);
  return { app, url };
}

interface RouteParts {
  readonly base: CoordinatorBase;
  readonly transfers: TransferParts;
  readonly durability: DurabilityParts;
  readonly upkeep: UpkeepParts;
  readonly audits: AuditParts;
  readonly economy: EconomyParts;
  readonly publicUrl: () => string;
}

async function registerRoutes(app: Http, parts: RouteParts): Promise<void> {
  const { base, economy } = parts;
  const { config, metadata, clock, random, directory } = base;
  const accessTokens = await createAccessTokens(
    { key: base.secrets.tokenKey, clock, random },
    { ttlS: config.accounts.access_token_ttl_s },
  );
  const authentication = createAuthentication({ accessTokens, metadata });
  const provider = await openPaymentProvider(
    { ...base, masterKey: base.secrets.masterKey, publicUrl: parts.publicUrl },
    { payments: config.payments, publicUrl: config.http.public_url, folder: base.folder },
  );
  const pricing = { creditsPerUsd: config.credits.per_usd };
  const credits = createCreditService({ metadata, clock, random, provider }, pricing);
  const accounts = createAccountService(
    {
      ...base,
      accessTokens,
      masterKey: base.secrets.masterKey,
      onPasswordChanged: (email) => forgetFirstPassword(base.firstAccountFile, email),
    },
    {
      refreshTokenTtlS: config.accounts.refresh_token_ttl_s,
      welcomeMicroCredits: microCreditsOf(config.credits.welcome, "credits.welcome"),
    },
  );
  registerAccountRoutes(
    app,
    { authentication, accounts, credits, sessions: createLoginSessions({ metadata, clock }) },
    {
      registrationsPerAddressPerMinuteMax: config.accounts.registrations_per_address_per_minute,
      loginsPerAddressPerMinuteMax: config.accounts.logins_per_address_per_minute,
      failedLoginsPerAccountMax: config.accounts.failed_logins_per_account,
      failedLoginsWindowMs: config.accounts.failed_logins_window_s * 1000,
    },
  );
  registerCredits(app, base, { authentication, credits, provider });
  const nodes = createNodeService({ ...base, absences: economy.absences, verifySignature });
  registerCreditStandingRoutes(app, { authentication, standings: economy.standings, ...pricing });
  registerEarningsRoutes(app, { authentication, directory, history: economy.earnings, credits, clock });
  registerNodeRoutes(
    app,
    {
      authentication,
      nodes,
      directory,
      reputationOf: (id) => reputationView(directory.reputationOf(id), parts.audits.terms),
      credits,
      losses: parts.upkeep.losses,
      drains: parts.upkeep.drains,
      evictions: parts.upkeep.evictions,
      log: base.log,
      coordinatorPeer: () => ({ peerId: base.host.peerId, addresses: base.host.addresses() }),
      publicUrl: parts.publicUrl,
    },
    {
      heartbeatIntervalMs: config.nodes.heartbeat_interval_ms,
      registrationsPerAddressPerMinuteMax: config.nodes.registrations_per_address_per_minute,
      joinTokensPerUserPerHourMax: config.nodes.join_tokens_per_user_per_hour,
    },
  );
  registerRemoval(app, parts, { authentication, nodes });
  registerTrialAccountRoute(app, base);
  registerAdministrationRoutes(app, base, authentication);
  await registerTransferRoutes(app, parts, authentication);
  registerFolders(app, parts, authentication);
  registerUpkeepRoutes(app, parts, authentication);
  registerStatusRoutes(app, parts, authentication);
}

function registerRemoval(
  app: Http,
  { base, transfers }: RouteParts,
  { authentication, nodes }: { readonly authentication: Authentication; readonly nodes: NodeService },
): void {
  const { directory, log } = base;
  const { spool, replicas } = transfers;
  const parts = { catalog: replicas.catalog, directory, nodes, hasKept: (name: ChunkName) => spool.has(name) };
  registerNodeRemovalRoutes(app, { authentication, directory, removal: createNodeRemoval(parts), log });
}

interface CreditParts {
  readonly authentication: ReturnType<typeof createAuthentication>;
  readonly credits: CreditService;
  readonly provider: PaymentProvider;
}

function registerCredits(app: Http, base: CoordinatorBase, { authentication, credits, provider }: CreditParts): void {
  const { purchases_per_user_per_hour: purchasesPerUserPerHourMax } = base.config.payments;
  registerCreditRoutes(app, { authentication, credits }, { purchasesPerUserPerHourMax });
  const { name, remote } = provider;
  if (remote === undefined) return;
  const booking = createPurchaseBooking(base, name);
  const { registry } = base.metrics;
  registerPaymentRoutes(app, { notices: createPaymentNotices({ ...base, remote, booking, registry }, name) });
}

async function registerTransferRoutes(
  app: Http,
  { base, transfers }: RouteParts,
  authentication: ReturnType<typeof createAuthentication>,
): Promise<void> {
  const { requireUser } = authentication;
  const { directory, logger, config, secrets } = base;
  const tickets = await createDownloadTickets({ ...base, key: secrets.tokenKey }, { ttlS: TICKET_TTL_S });
  const files = createFileService(base, { deletionGraceMs: config.storage.deletion_grace_hours * 3_600_000 });
  const { catalog, repairRequests } = transfers.replicas;
  const health = createFileHealthReader({ ...base, catalog, standingOf: (id) => directory.standingOf(id) });
  const { stopping, sessions, keyed, openUploads, pipeline, complete, small, streams, buffers } = transfers;
  const budget = transfers.uploadBudget;
  registerUploadRoutes(app, {
    requireUser,
    sessions,
    keyed,
    openUploads,
    receiver: { pipeline, budget, buffers, stopping },
    complete,
    files,
  });
  const uploads = { sessions, pipeline, complete, small, budget, streams, buffers, stopping, logger };
  registerOneStepRoutes(app, { requireUser, uploads, keyed, files });
  registerFileRoutes(app, { requireUser, files, health });
  registerRestoreRoutes(app, { requireUser, files, health });
  const redundancy = createRedundancyService(
    {
      ...base,
      nodeCount: () => directory.list().filter((node) => !LEFT.has(directory.status(node))).length,
      isKnownNode: (id) => directory.get(id) !== undefined,
      requestRepair: (names) => repairRequests.request(names),
    },
    {
      terms: { microCreditsPerGbMonth: microCreditsOf(config.credits.per_gb_month, "credits.per_gb_month") },
      copiesOfNormal: config.storage.copies,
    },
  );
  registerChangeRoutes(app, { requireUser, redundancy, files, health });
  registerVersionRoutes(app, { requireUser, files, health });
  registerPinRoutes(app, { requireUser, redundancy, pinWarning: (id) => pinWarning(directory, id) });
  registerFileChunkRoutes(app, {
    requireUser,
    files,
    chunks: createFileChunks({ ...base, catalog, nodeOf: (id) => directory.shown(id) }),
  });
  registerTicketRoutes(app, { requireUser, files, tickets });
  const answer = fileAnswerDeps(base, transfers);
  const requireReader = acceptTickets(tickets, authentication);
  registerDownloadRoutes(app, { ...answer, requireUser: requireReader, files });
  await registerSharing(app, { base, authentication, files, answer, transfers }, { ticketTtlS: TICKET_TTL_S });
}

function fileAnswerDeps(base: CoordinatorBase, transfers: TransferParts): FileAnswerDeps {
  const { catalog } = transfers.replicas;
  return {
    reader: transfers.reader,
    streams: transfers.readings,
    explainUnreadable: createExplainUnreadable({ ...base, catalog, hasKept: (name) => transfers.spool.has(name) }),
    masterKey: base.secrets.masterKey,
    stopping: transfers.stopping,
    logger: base.logger,
  };
}

function registerFolders(
  app: Http,
  { base, upkeep }: RouteParts,
  { requireUser }: ReturnType<typeof createAuthentication>,
): void {
  const folders = createFolderService({ ...base, steps: upkeep.folders });
  const deletionGraceMs = base.config.storage.deletion_grace_hours * 3_600_000;
  registerFolderRoutes(app, { requireUser, folders }, { deletionGraceMs });
  registerSearchRoutes(app, { requireUser, metadata: base.metadata });
}

function registerUpkeepRoutes(
  app: Http,
  { base, upkeep }: RouteParts,
  authentication: ReturnType<typeof createAuthentication>,
): void {
  registerEvictionRoutes(app, { authentication, evictions: upkeep.evictions, log: base.log });
  registerRebalancingRoutes(app, {
    authentication,
    rebalancing: upkeep.rebalancing,
    start: () => void upkeep.rebalancingJob.runNow(),
    log: base.log,
  });
}

function registerStatusRoutes(
  app: Http,
  { base, transfers, durability, audits, economy }: RouteParts,
  authentication: ReturnType<typeof createAuthentication>,
): void {
  const { metadata, clock, logger, metrics, version } = base;
  const { spool } = transfers;
  const { repair } = durability;
  const census = createReplicationCensus({ clock, sweep: () => repair.sweep(transfers.stopping) });
  const handoffs = async () => {
    const { pending } = await metadata.read
      .selectFrom("assignments")
      .select((eb) => eb.fn.countAll<number>().as("pending"))
      .where("node_id", "in", metadata.read.selectFrom("nodes").select("id"))
      .where("state", "=", "pending")
      .executeTakeFirstOrThrow();
    return { pending, spoolBytes: spool.usedBytes, spoolBytesMax: spool.maxBytes };
  };
  registerOperationRoutes(
    app,
    {
      authentication,
      status: createStatusService({ ...base, census, handoffs, ledger: economy.ledger.findings }, { version }),
      metrics,
      readinessChecks: {
        metadata: async () => {
          if (!metadata.stats().accepting) throw new Error("the metadata engine takes no commands");
          await metadata.read.selectFrom("users").select("id").limit(1).execute();
        },
      },
      clock,
      logger,
    },
    { version },
  );
  registerRepairRoutes(app, { authentication, status: () => repair.status() });
  const { directory } = base;
  const reputationOf = (id: NodeId) => reputationView(directory.reputationOf(id), audits.terms);
  registerAuditRoutes(app, {
    authentication,
    directory,
    reputationOf,
    history: createAuditHistory({ metadata, clock }),
  });
  registerJobRoutes(app, { authentication, jobs: base.jobs, log: base.log });
}

async function listen(app: Http, address: { readonly host: string; readonly port: number }): Promise<void> {
  try {
    await app.listen({ host: address.host, port: address.port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === undefined ? undefined : LISTEN_PROBLEMS[code];
    if (problem === undefined) throw cause;
    throw new AppError(problem.code, problem.message(address.port, address.host), { details: { ...address }, cause });
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, { code: ErrorCode; message: (port: number, host: string) => string }>> =
  {
    EADDRINUSE: {
      code: "PORT_IN_USE",
      message: (port, host) => `port ${port} on ${host} is taken by another program: choose another with --port`,
    },
    EACCES: {
      code: "INVALID_CONFIG",
      message: (port) => `port ${port} may not be used by this account: choose one above 1023 with --port`,
    },
    EADDRNOTAVAIL: {
      code: "INVALID_CONFIG",
      message: (_port, host) => `http.host is ${host}, which is no address of this machine: 0.0.0.0 is all of them`,
    },
    ENOTFOUND: {
      code: "INVALID_CONFIG",
      message: (_port, host) =>
        `http.host is ${host}, which is no known address: give one of this machine, as 127.0.0.1`,
    },
  };

function urlOf(app: Http, host: string): string {
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}
