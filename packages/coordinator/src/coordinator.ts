import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { openSqliteMetadata } from "@commonhold/metadata/sqlite/open-sqlite-metadata.ts";
import { openPeerHost } from "@commonhold/p2p/open-peer-host.ts";
import type { ExplainedSetting } from "@commonhold/runtime/config.ts";
import { openDataFolder } from "@commonhold/runtime/data-folder.ts";
import { createLogger, type Logger } from "@commonhold/runtime/logger.ts";
import { createMetrics } from "@commonhold/runtime/metrics.ts";
import { createShutdown, type Shutdown } from "@commonhold/runtime/shutdown.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { ensureFirstAccount } from "./accounts/first-account.ts";
import { createOwnerSecrets } from "./accounts/owner-secrets.ts";
import { createPasswordHasher } from "./accounts/password-hasher.ts";
import { purgeExpiredTokens } from "./accounts/expired-tokens.ts";
import {
  type CoordinatorConfig,
  type CoordinatorConfigSources,
  explainCoordinatorConfig,
  loadCoordinatorConfig,
  microCreditsOf,
} from "./config/coordinator-config.ts";
import { type AuditParts, openAudits } from "./coordinator-audits.ts";
import { type EconomyParts, openEconomy } from "./coordinator-economics.ts";
import { createAdminLog } from "./admin/admin-log.ts";
import { announceChanges } from "./events/announce-changes.ts";
import { announceCommands, ownerOfFile } from "./events/announce-commands.ts";
import { EventHub } from "./events/event-hub.ts";
import { openCoordinatorHttp } from "./coordinator-http.ts";
import { type CoordinatorSecrets, openCoordinatorSecrets } from "./coordinator-secrets.ts";
import { type DurabilityParts, openDurability } from "./coordinator-durability.ts";
import { openTransferParts, type TransferParts } from "./coordinator-transfers.ts";
import { openUpkeep, type UpkeepParts } from "./coordinator-upkeep.ts";
import { closeHttp } from "./http/connection-limits.ts";
import { createJob } from "./jobs/job.ts";
import { JobRegistry } from "./jobs/job-registry.ts";
import { createJobSettings } from "./jobs/job-settings.ts";
import { NodeDirectory } from "./nodes/node-directory.ts";
import { createNodeHistory } from "./nodes/node-history.ts";
import { registerNodeMetrics } from "./nodes/node-metrics.ts";
import { watchNodes } from "./nodes/watch-nodes.ts";

const CLOSER_GRACE_MS = 10_000;
const PASSWORD_CHECKS_WAITING_MAX = 64;
const HOUR_MS = 3_600_000;
const EXPIRED_TOKENS_INTERVAL_MS = HOUR_MS;

export interface CoordinatorDeps {
  readonly clock: Clock;
  readonly sleep?: Sleep;
  readonly random: Random;
}

export interface StartCoordinatorOptions {
  /** The data folder; made where it is missing. */
  readonly folder: string;
  readonly version: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Settings that win over `coordinator.toml` and the environment, in the shape of the file. */
  readonly settings?: object;
  /** In the place of the program's own defaults, in the shape of the file; all else wins over them. */
  readonly defaults?: object;
  /** The built web app, served beside the API; none where it is not given. */
  readonly webFolder?: string;
  /** Made from `log.level` where it is not given. */
  readonly logger?: Logger;
}

export interface RunningCoordinator {
  readonly peerId: string;
  /** Of the HTTP API. */
  readonly url: string;
  /** Where e-mail and password of the first account stand. */
  readonly firstAccountFile: string;
  readonly logger: Logger;
  /** Lets requests under way end, then closes everything in order. True where all of it went well. */
  stop(): Promise<boolean>;
}

export type CoordinatorBase = Awaited<ReturnType<typeof openBase>>;

/**
 * Starts a coordinator on a data folder.
 * @throws AppError INVALID_CONFIG, ALREADY_RUNNING, STORAGE_FAILURE; PORT_IN_USE names the port
 */
export async function startCoordinator(
  deps: CoordinatorDeps,
  options: StartCoordinatorOptions,
): Promise<RunningCoordinator> {
  const sources: CoordinatorConfigSources = {
    file: join(options.folder, "coordinator.toml"),
    fileOptional: true,
    env: options.env ?? {},
    ...(options.settings !== undefined && { overrides: options.settings }),
    ...(options.defaults !== undefined && { defaults: options.defaults }),
  };
  const config = loadCoordinatorConfig(sources);
  const settings = explainCoordinatorConfig(sources);
  const logger = options.logger ?? createLogger({ level: config.log.level, name: "coordinator" });
  const shutdown = createShutdown({ logger, graceMs: CLOSER_GRACE_MS });
  try {
    const base = await openBase(deps, options, { config, settings, logger, shutdown });
    const economy = await openEconomy({ ...base, registry: base.metrics.registry }, config);
    const transfers = await openTransfers(base, economy);
    const { durability, upkeep, audits } = await beginDurability(base, transfers);
    // Both do what a run before left undone, if there is something.
    void economy.settlementJob.runNow();
    void economy.ledgerJob.runNow();
    const { app, url } = await openCoordinatorHttp(base, { transfers, durability, upkeep, audits, economy });
    const { stop_grace_ms: graceMs } = config.http;
    shutdown.add(
      "HTTP API",
      async () => {
        await closeHttp(app, { graceMs });
      },
      { graceMs: graceMs + CLOSER_GRACE_MS },
    );
    logger.info({ url, peer: base.host.peerId, addresses: base.host.addresses() }, "the coordinator is up");
    return {
      peerId: base.host.peerId,
      url,
      firstAccountFile: base.firstAccountFile,
      logger,
      stop: () => shutdown.stop("the coordinator was told to stop"),
    };
  } catch (error) {
    await shutdown.stop("the start failed");
    throw error;
  }
}

interface Begun {
  readonly config: CoordinatorConfig;
  readonly settings: readonly ExplainedSetting[];
  readonly logger: Logger;
  readonly shutdown: Shutdown;
}

async function openBase(deps: CoordinatorDeps, options: StartCoordinatorOptions, begun: Begun) {
  const { config, logger, shutdown } = begun;
  const dataFolder = await openDataFolder(options.folder);
  shutdown.add("data folder", () => dataFolder.release());
  const folder = dataFolder.path;
  const databaseFile = join(folder, "metadata.db");
  const secrets = await openCoordinatorSecrets(folder, databaseFile);
  const metrics = createMetrics({ role: "coordinator", version: options.version });
  const sleep = deps.sleep ?? systemSleep;
  const events = new EventHub({ clock: deps.clock, sleep }, { streamsMax: config.http.event_streams_max });
  const engine = await openSqliteMetadata({ logger, clock: deps.clock }, { file: databaseFile });
  shutdown.add("metadata", () => engine.close());
  const metadata = announceCommands(engine, {
    events,
    logger,
    operatorOf: (nodeId) => directory.get(nodeId)?.operatorId,
    ownerOfFile: (fileId) => ownerOfFile(engine, fileId),
  });
  const directory = new NodeDirectory(
    { metadata, clock: deps.clock, logger },
    {
      heartbeatIntervalMs: config.nodes.heartbeat_interval_ms,
      suspectPhi: config.nodes.phi_threshold,
      offlineAfterMs: config.nodes.offline_after_s * 1000,
    },
  );
  await directory.load();
  registerNodeMetrics(metrics.registry, () => directory.counts());
  const host = await openHost({ config, logger, shutdown, secrets, directory });
  const hasher = createPasswordHasher(
    { random: deps.random },
    { concurrentMax: config.accounts.password_hashes_at_once, waitingMax: PASSWORD_CHECKS_WAITING_MAX },
  );
  const firstAccountFile = join(folder, "first-account.json");
  await ensureFirstAccount(
    { metadata, clock: deps.clock, random: deps.random, hasher, masterKey: secrets.masterKey, logger },
    {
      file: firstAccountFile,
      email: config.accounts.first_account_email,
      microCredits: microCreditsOf(config.credits.first_account, "credits.first_account"),
    },
  );
  return {
    ...deps,
    ...begun,
    sleep,
    events,
    log: createAdminLog({ metadata, clock: deps.clock }),
    jobs: new JobRegistry(createJobSettings(metadata)),
    version: options.version,
    webFolder: options.webFolder,
    folder,
    secrets,
    metrics,
    metadata,
    directory,
    host,
    hasher,
    // Of their own: whoever has a link and its password may ask as often as he likes, and nobody could sign in meanwhile.
    linkHasher: createPasswordHasher(deps, { concurrentMax: 1, waitingMax: PASSWORD_CHECKS_WAITING_MAX }),
    firstAccountFile,
  };
}

async function openHost(
  parts: Omit<Begun, "settings"> & { readonly secrets: CoordinatorSecrets; readonly directory: NodeDirectory },
) {
  const { config, logger, shutdown, secrets, directory } = parts;
  const host = await openPeerHost(
    { identity: secrets.identity, logger },
    { listen: config.p2p.listen, announce: config.p2p.announce, bootstrap: [], members: directory.members() },
  );
  shutdown.add("peer host", () => host.stop(CLOSER_GRACE_MS));
  directory.onMembersChanged((members) => {
    host.setMembers(members).catch((error: unknown) => {
      logger.error({ err: error }, "the list of members could not be applied");
    });
  });
  return host;
}

async function openTransfers(base: CoordinatorBase, { standings }: EconomyParts): Promise<TransferParts> {
  const { config, shutdown, metadata } = base;
  const ending = new AbortController();
  const transfers = await openTransferParts(
    {
      ...base,
      ownerSecrets: createOwnerSecrets({ metadata, masterKey: base.secrets.masterKey }),
      registry: base.metrics.registry,
      refuseInArrears: (ownerId) => standings.refuseInArrears(ownerId),
      stopping: ending.signal,
    },
    {
      folder: base.folder,
      config,
      terms: { microCreditsPerGbMonth: microCreditsOf(config.credits.per_gb_month, "credits.per_gb_month") },
    },
  );
  // Runs after the HTTP API has closed: what is still being sent then lands in the spool.
  shutdown.add("late copies", async () => {
    ending.abort(new AppError("SHUTTING_DOWN", "the coordinator is stopping: try again in a moment"));
    await transfers.late.idle();
  });
  return transfers;
}

/** Everything that goes on by itself. */
async function beginDurability(
  base: CoordinatorBase,
  transfers: TransferParts,
): Promise<{ readonly durability: DurabilityParts; readonly upkeep: UpkeepParts; readonly audits: AuditParts }> {
  const { config, shutdown, directory, metadata, clock, jobs } = base;
  for (const job of transfers.jobs) jobs.add(job);
  jobs.add(
    createJob(base, {
      name: "expired-tokens",
      description: "Deletes refresh and join tokens whose time is over.",
      intervalMs: EXPIRED_TOKENS_INTERVAL_MS,
      run: ({ signal }) => purgeExpiredTokens({ metadata, clock }, signal),
    }),
  );
  const upkeep: UpkeepParts = openUpkeep(base, transfers, {
    deletionGraceMs: config.storage.deletion_grace_hours * HOUR_MS,
    isRepairBusy: () => durability.repair.status().queue.length > 0,
    whyNotCopied: (name) => durability.repair.whyNotCopied(name),
  });
  const { onUnreferenced } = upkeep;
  const durability = openDurability(
    { ...base, registry: base.metrics.registry, onUnreferenced },
    transfers,
    config.repair,
  );
  const audits = await openAudits({ ...base, registry: base.metrics.registry }, transfers, config.audits);
  shutdown.add("repair", () => durability.stop());
  shutdown.add("jobs", () => jobs.stop());
  shutdown.add("audits", () => audits.stop());
  await jobs.start();
  directory.onStatusChanged(createNodeHistory(base));
  announceChanges({ directory, jobs, repair: durability.repair }, base.events);
  const endWatch = watchNodes(directory, base.sleep);
  shutdown.add("watch over nodes", endWatch);
  void durability.repairJob.runNow();
  return { durability, upkeep, audits };
}
