import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { createIdentity, decodeIdentity, encodeIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { loadConfig, renderConfigToml } from "@commonhold/runtime/config.ts";
import { openDataFolder } from "@commonhold/runtime/data-folder.ts";
import { readOrCreateSecretFile } from "@commonhold/runtime/secret-file.ts";
import { toStorageError } from "@commonhold/runtime/storage-error.ts";
import { createNodeChunkFiles } from "./chunk-store/node-chunk-files.ts";
import { StorageQuota } from "./chunk-store/storage-quota.ts";
import {
  assertNodeConfig,
  loadNodeConfig,
  NODE_ENV_PREFIX,
  type NodeConfig,
  type NodeConfigOverrides,
  NodeConfigSchema,
  nodeConfigFile,
  quotaOptions,
} from "./config/node-config.ts";
import { createCoordinatorApi } from "./membership/coordinator-api.ts";
import { type Credentials, readCredentialsIfPresent } from "./membership/credentials.ts";
import { registerNode } from "./membership/register-node.ts";
import type { NodeDeps } from "./node-deps.ts";

export interface InitNodeOptions {
  /** The node's data folder; made where it is missing. */
  readonly folder: string;
  readonly joinToken: string;
  /**
   * What is to stand in `node.toml`; `node.name` and `node.coordinator_url` must be given. A node that rejoins keeps
   * its file: the settings then count for this registration only.
   */
  readonly settings: NodeConfigOverrides;
  /** Registers a node again that was a member before: it keeps its key, settings and chunks, and gets a new API key. */
  readonly rejoin?: boolean;
  readonly version: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface InitialisedNode {
  readonly nodeId: string;
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly coordinatorPeerId: string;
}

/**
 * Makes a node: its folder, its key (`identity.key`), its settings (`node.toml`, every key explained) and its
 * membership (`credentials.json`, written last).
 *
 * One that failed is run again with the same folder. What it made is removed, and what was there before is as it was,
 * unless the coordinator may have made the node a member and only its answer was lost (also: this process was
 * killed): then key and settings stay, so that the next run registers the same node again and not a second one beside
 * it. A join token for one use may be spent by then.
 * @throws AppError ALREADY_INITIALISED, ALREADY_RUNNING, INVALID_CONFIG, COORDINATOR_UNREACHABLE, INVALID_JOIN_TOKEN,
 * NODE_NAME_TAKEN, STORAGE_FAILURE
 */
export async function initNode(
  deps: Pick<NodeDeps, "clock" | "random" | "fetch">,
  options: InitNodeOptions,
): Promise<InitialisedNode> {
  const dataFolder = await openDataFolder(options.folder);
  let maybeMember = false;
  try {
    const restore = noteFiles(dataFolder.path);
    try {
      return await initFolder(deps, options, {
        folder: dataFolder.path,
        onMaybeMember: () => {
          maybeMember = true;
        },
      });
    } catch (error) {
      if (!maybeMember) {
        // Its own failure would hide why the node was not made.
        await restore().catch(() => undefined);
        await dataFolder.withdraw();
      }
      throw error;
    }
  } finally {
    await dataFolder.release();
  }
}

interface InitFolder {
  readonly folder: string;
  readonly onMaybeMember: () => void;
}

async function initFolder(
  deps: Pick<NodeDeps, "clock" | "random" | "fetch">,
  options: InitNodeOptions,
  { folder, onMaybeMember }: InitFolder,
): Promise<InitialisedNode> {
  const { rejoin = false } = options;
  const previous = await readCredentialsIfPresent(folder, { damaged: rejoin ? "ignore" : "throw" });
  if (previous !== undefined && !rejoin) throw alreadyInitialised(folder, previous);
  const config = rejoin ? oldConfig(folder, options) : newConfig(options);
  const identity = await openIdentity(folder, deps);
  if (!rejoin) {
    await writeFileDurably(nodeConfigFile(folder), renderConfigToml(NodeConfigSchema, options.settings));
  }
  const credentials = await register(deps, options, { folder, config, identity, previous, onMaybeMember });
  return {
    nodeId: identity.peerId,
    name: config.node.name,
    folder,
    configFile: nodeConfigFile(folder),
    coordinatorPeerId: credentials.coordinator.peer_id,
  };
}

/** Remembers which files of a node stand in the folder; what it returns makes it so again. */
function noteFiles(folder: string): () => Promise<void> {
  const hadIdentity = existsSync(identityFile(folder));
  const configFile = nodeConfigFile(folder);
  const settings = readIfPresent(configFile);
  return async () => {
    if (!hadIdentity) await rm(identityFile(folder), { force: true });
    if (settings === undefined) await rm(configFile, { force: true });
    else if (readIfPresent(configFile)?.equals(settings) !== true) await writeFileDurably(configFile, settings);
  };
}

function readIfPresent(file: string): Buffer | undefined {
  try {
    return existsSync(file) ? readFileSync(file) : undefined;
  } catch (error) {
    throw toStorageError(error, `Could not read "${file}"`);
  }
}

/** The key in the node's folder, made where there is none. */
async function openIdentity(folder: string, { random }: Pick<NodeDeps, "random">): Promise<Identity> {
  return decodeIdentity(
    await readOrCreateSecretFile(identityFile(folder), () => encodeIdentity(createIdentity(random))),
  );
}

export function identityFile(folder: string): string {
  return join(folder, "identity.key");
}

function newConfig({ settings, env = {} }: InitNodeOptions): NodeConfig {
  const config = loadConfig(NodeConfigSchema, { text: "", env, envPrefix: NODE_ENV_PREFIX, overrides: settings });
  assertNodeConfig(config);
  return config;
}

function oldConfig(folder: string, { settings, env = {} }: InitNodeOptions): NodeConfig {
  return loadNodeConfig(folder, { env, overrides: settings });
}

interface Registrant {
  readonly folder: string;
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly previous: Credentials | undefined;
  readonly onMaybeMember: () => void;
}

async function register(
  { clock, fetch }: Pick<NodeDeps, "clock" | "fetch">,
  options: InitNodeOptions,
  { folder, config, identity, previous, onMaybeMember }: Registrant,
): Promise<Credentials> {
  const files = createNodeChunkFiles({ clock });
  // A node that rejoins tells what it holds by its first heartbeat.
  const quota = new StorageQuota(
    { held: () => ({ usedBytes: 0, ownBytes: 0, lentBytes: 0 }), diskFreeBytes: () => files.freeBytes(folder), clock },
    quotaOptions(config.storage),
  );
  const { capacityBytes, freeBytes } = await quota.room();
  return await registerNode(
    {
      api: createCoordinatorApi(
        { fetch },
        { url: config.node.coordinator_url, timeoutMs: config.heartbeat.timeout_ms },
      ),
      clock,
      identity,
    },
    {
      folder,
      joinToken: options.joinToken,
      name: config.node.name,
      labels: Object.fromEntries(Object.entries(config.labels).filter(([, label]) => label !== "")),
      report: {
        addresses: [],
        capacity_bytes: capacityBytes,
        used_bytes: 0,
        free_bytes: freeBytes,
        version: options.version,
      },
      previous,
      onMaybeMember,
      signal: options.signal ?? new AbortController().signal,
    },
  );
}

function alreadyInitialised(folder: string, { node_id }: Credentials): AppError {
  return new AppError(
    "ALREADY_INITIALISED",
    `"${folder}" holds node ${node_id} already. Start it with node start; to register it again with a new join token, ` +
      "add --rejoin; for another node choose another folder",
    { details: { folder, node_id } },
  );
}
