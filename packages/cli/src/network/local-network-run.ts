import { join } from "node:path";
import { type CommonholdClient, createCommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { type DataFolder, openDataFolder } from "@commonhold/runtime/data-folder.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { openNodeAdmin } from "../roles/node-admin.ts";
import { choosePort } from "./choose-port.ts";
import { hasJoined, joinNodes, type NodeToJoin } from "./join-nodes.ts";
import {
  type FirstAccount,
  listNodeFolders,
  type NetworkFolders,
  networkFolders,
  readFirstAccount,
  writeLocalNetworkUrl,
} from "./local-network.ts";
import { createRestartPolicy } from "./restart-policy.ts";
import { SupervisedRole } from "./supervised-role.ts";
import { waitUntil } from "./wait-until.ts";

const READY_MS_MAX = 60_000;
const NODE_NAME = /^node-\d+$/;
/** How a node stands that the coordinator has heard; one that was drained stays so over a restart. */
const HEARD: readonly (string | null)[] = ["active", "draining", "drained"];
/** The others can do without it, and an admin may let it in again. */
const CUT_OFF =
  'was removed from the network or cut off: move its folder away to have another made in its place, or let it in again ("node unban")';
/** Beyond the 20 s that each role gives by default to what is under way, and to closing its parts. */
const STOP_GRACE_MS = 45_000;

export interface LocalNetworkOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly nodeCount: number;
  /** Of each node that is made. */
  readonly capacityBytes: number;
  readonly verbose: boolean;
  readonly version: string;
  /** The program of the `commonhold` command, run for each role. */
  readonly program: string;
}

export interface LocalNetworkDeps {
  readonly onEvent: (line: string) => void;
}

export interface StartedNetwork {
  readonly url: string;
  readonly account: FirstAccount;
  readonly nodeNames: readonly string[];
  readonly folders: NetworkFolders;
}

/** A coordinator and storage nodes on this machine, each a process of its own, watched over by this one. */
export class LocalNetworkRun {
  readonly #deps: LocalNetworkDeps;
  readonly #options: LocalNetworkOptions;
  readonly #folders: NetworkFolders;
  #lock: DataFolder | undefined;
  #coordinator: SupervisedRole | undefined;
  #nodes: SupervisedRole[] = [];

  constructor(deps: LocalNetworkDeps, options: LocalNetworkOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#folders = networkFolders(options.data);
  }

  /**
   * Resolves when the coordinator is ready and has heard every node; one that is cut off is told of and left.
   * @throws AppError ALREADY_RUNNING, PORT_IN_USE, TIMEOUT, or what a role failed with; call the stop methods then
   */
  async start(signal: AbortSignal): Promise<StartedNetwork> {
    const { host, port } = this.#options;
    this.#lock = await openNetworkFolder(this.#folders.root);
    const url = await this.#startCoordinator(host, await choosePort(host, port));
    const client = createCommonholdClient({ clock: systemClock, random: systemRandom }, { baseUrl: url });
    await this.#waitForCoordinator(client, signal);
    await writeLocalNetworkUrl(this.#folders.root, url);
    const account = await readFirstAccount(this.#folders.root);
    const nodes = await this.#chooseNodes();
    await this.#joinMissing(client, nodes, { account, signal });
    await this.#startNodes(nodes, { url, signal });
    return { url, account, nodeNames: nodes.map((node) => node.name), folders: this.#folders };
  }

  /** Goes first: what it is doing it ends with the nodes' help. */
  async stopCoordinator(): Promise<void> {
    await this.#coordinator?.stop(STOP_GRACE_MS);
  }

  async stopNodes(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop(STOP_GRACE_MS)));
  }

  async release(): Promise<void> {
    await this.#lock?.release();
  }

  async #startCoordinator(host: string, port: number): Promise<string> {
    const args = ["coordinator", "start", "--data", this.#folders.coordinator, "--host", host, "--port", String(port)];
    this.#coordinator = this.#role("coordinator", [...args, "--trial"]);
    return this.#coordinator.start();
  }

  async #waitForCoordinator(client: CommonholdClient, signal: AbortSignal): Promise<void> {
    const condition = async () => {
      try {
        return (await client.status.ready(signal)).ready;
      } catch (error) {
        if (hasCode(error, "COORDINATOR_UNREACHABLE", "TIMEOUT")) return false;
        throw error;
      }
    };
    const described = `the coordinator's readiness (see ${this.#logFile("coordinator")})`;
    await waitUntil({ clock: systemClock }, { condition, described }, { limitMs: READY_MS_MAX, signal });
  }

  /**
   * All that were ever made here, and as many as are asked for: a node left out would take its data along. Nodes of
   * other names were made by hand and are run by hand.
   */
  async #chooseNodes(): Promise<readonly NodeToJoin[]> {
    const wanted = Array.from({ length: this.#options.nodeCount }, (_, index) => `node-${index + 1}`);
    const existing = await listNodeFolders(this.#folders.root);
    const made = existing.filter((name) => NODE_NAME.test(name) && hasJoined(join(this.#folders.nodes, name)));
    const names = [...new Set([...wanted, ...made])];
    return names.map((name) => ({ name, folder: join(this.#folders.nodes, name) }));
  }

  async #joinMissing(
    client: CommonholdClient,
    nodes: readonly NodeToJoin[],
    options: { readonly account: FirstAccount; readonly signal: AbortSignal },
  ): Promise<void> {
    const missing = nodes.filter((node) => !hasJoined(node.folder));
    if (missing.length === 0) return;
    const { capacityBytes, version } = this.#options;
    await joinNodes({ client, random: systemRandom }, { ...options, nodes: missing, capacityBytes, version });
  }

  async #startNodes(
    nodes: readonly NodeToJoin[],
    { url, signal }: { readonly url: string; readonly signal: AbortSignal },
  ): Promise<void> {
    // The port may be another one than when the node was made.
    const env = { COMMONHOLD_NODE_NODE_COORDINATOR_URL: url };
    this.#nodes = nodes.map((node) => this.#role(node.name, ["node", "start", "--data", node.folder], env));
    await Promise.all(
      this.#nodes.map(async (role) => {
        const admin = openNodeAdmin(await role.start());
        const condition = async () => {
          const { status, coordinator } = await admin.status(signal);
          const isCutOff = coordinator.last_error?.code === "NOT_A_MEMBER";
          if (isCutOff) this.#deps.onEvent(`${role.name} ${CUT_OFF}`);
          return isCutOff || HEARD.includes(status);
        };
        const described = `the joining of ${role.name} (see ${this.#logFile(role.name)})`;
        await waitUntil({ clock: systemClock }, { condition, described }, { limitMs: READY_MS_MAX, signal });
      }),
    );
  }

  #role(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): SupervisedRole {
    const { program, verbose } = this.#options;
    return new SupervisedRole(
      { ...this.#deps, clock: systemClock, restartPolicy: createRestartPolicy() },
      { name, program, args, env, logFile: this.#logFile(name), verbose },
    );
  }

  #logFile(name: string): string {
    return join(this.#folders.logs, `${name}.log`);
  }
}

async function openNetworkFolder(folder: string): Promise<DataFolder> {
  try {
    return await openDataFolder(folder);
  } catch (error) {
    if (!hasCode(error, "ALREADY_RUNNING")) throw error;
    const pid = typeof error.details.pid === "number" ? ` (process ${error.details.pid})` : "";
    throw new AppError(
      "ALREADY_RUNNING",
      `a network runs in ${folder} already${pid}: use it, stop it with Ctrl-C where it was started, or start another ` +
        "one with --data and --port",
      { details: error.details, cause: error },
    );
  }
}
