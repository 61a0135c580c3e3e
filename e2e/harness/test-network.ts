import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommonholdClient, createCommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { NodeObject } from "@commonhold/client/nodes.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { initNode } from "@commonhold/storage-node/init-node.ts";
import { commonholdVersion } from "commonhold/version.ts";
import { freePort } from "./free-port.ts";
import { RoleProcess, type SpawnOptions } from "./role-process.ts";
import { waitUntil } from "./wait-until.ts";

export interface Account {
  readonly email: string;
  readonly password: string;
}

/** What the roles of a network get beside their usual settings; asked at every start of one. */
export interface RoleSettings {
  /** Variables of the environment of a role: "coordinator" or a node's name. */
  readonly envOf?: (role: string) => Readonly<Record<string, string>>;
  /** Where a node listens; on the loopback address where it is not given. */
  readonly listenOf?: (node: string) => string;
  /** Where a node reaches the coordinator; at the network's `url` where it is not given. */
  readonly coordinatorUrlOf?: (node: string, port: number) => string;
  /** What the command line that starts a node begins with. */
  readonly runnerOf?: (node: string) => readonly string[];
  /** Called with the data folder of each role before it is used for the first time. */
  readonly onFolder?: (role: string, folder: string) => Promise<void>;
}

const NODE_BYTES = 2_000_000_000;

/** What tests read is to come from nodes, also where it was written a moment ago. */
const NOTHING_KEPT = { COMMONHOLD_COORDINATOR_LIMITS_CHUNK_CACHE_BYTES: "0" };

/** A coordinator and storage nodes, each a process that a test can end and start as it likes. */
export class TestNetwork {
  readonly folder: string;
  readonly port: number;
  readonly nodes = new Map<string, RoleProcess>();
  #coordinator: RoleProcess | undefined;
  #account: Account | undefined;
  #client: Promise<CommonholdClient> | undefined;
  #token: string | undefined;
  readonly #settings: RoleSettings;

  private constructor(folder: string, port: number, settings: RoleSettings) {
    this.folder = folder;
    this.port = port;
    this.#settings = settings;
  }

  static async start(nodeCount: number, settings: RoleSettings = {}): Promise<TestNetwork> {
    const network = new TestNetwork(await mkdtemp(join(tmpdir(), "commonhold-e2e-")), await freePort(), settings);
    try {
      await settings.onFolder?.("coordinator", network.coordinatorFolder());
      await network.startCoordinator();
      const names = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
      await Promise.all(names.map((name) => network.addNode(name)));
      await network.waitForActive(nodeCount);
      return network;
    } catch (error) {
      await network.stop();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get coordinator(): RoleProcess {
    if (this.#coordinator === undefined) throw new Error("the coordinator was not started");
    return this.#coordinator;
  }

  /** The account that the coordinator made at its first start. */
  get account(): Account {
    if (this.#account === undefined) throw new Error("the coordinator was not started");
    return this.#account;
  }

  coordinatorFolder(): string {
    return join(this.folder, "coordinator");
  }

  nodeFolder(name: string): string {
    return join(this.folder, "nodes", name);
  }

  async startCoordinator(): Promise<void> {
    const folder = this.coordinatorFolder();
    this.#coordinator = new RoleProcess(
      ["coordinator", "start", "--data", folder, "--port", String(this.port)],
      this.#optionsOf("coordinator"),
    );
    await waitUntil("the coordinator", async () => {
      if (this.coordinator.hasEnded) throw new Error(`the coordinator ended: ${this.coordinator.output}`);
      return (await fetch(`${this.url}/health`)).ok;
    });
    this.#account ??= JSON.parse(await readFile(join(folder, "first-account.json"), "utf8")) as Account;
  }

  /** Makes a node a member, as `node init` does, and starts it. */
  async addNode(name: string): Promise<void> {
    await this.#settings.onFolder?.(name, this.nodeFolder(name));
    const client = await this.client();
    const { join_token } = await client.nodes.createJoinToken();
    const url = this.#settings.coordinatorUrlOf?.(name, this.port) ?? this.url;
    const listen = this.#settings.listenOf?.(name) ?? "/ip4/127.0.0.1/tcp/0";
    // Here, as a process of its own for each would take as long as the network's start.
    await initNode(
      { clock: systemClock, random: systemRandom, fetch: globalThis.fetch },
      {
        folder: this.nodeFolder(name),
        joinToken: join_token,
        version: commonholdVersion(),
        env: {},
        settings: {
          node: { name, coordinator_url: url },
          network: { listen: [listen] },
          storage: { max_bytes: NODE_BYTES },
        },
      },
    );
    this.startNode(name);
  }

  startNode(name: string): RoleProcess {
    const node = new RoleProcess(["node", "start", "--data", this.nodeFolder(name)], this.#optionsOf(name));
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): RoleProcess {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    return node;
  }

  /** A client that is signed in as the first account; it signed in once, as logins are limited. */
  client(): Promise<CommonholdClient> {
    this.#client ??= this.newClient().then(async (client) => {
      await client.accounts.login(this.account);
      return client;
    });
    return this.#client;
  }

  /** A client that is not signed in. */
  async newClient(): Promise<CommonholdClient> {
    return createCommonholdClient({ clock: systemClock, random: systemRandom }, { baseUrl: this.url });
  }

  /** A call by hand, as the first account. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    this.#token ??= await this.#signIn();
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#token}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  #optionsOf(role: string): SpawnOptions {
    const env = { ...(role === "coordinator" ? NOTHING_KEPT : {}), ...this.#settings.envOf?.(role) };
    const runner = this.#settings.runnerOf?.(role);
    return { env, ...(runner === undefined ? {} : { runner }) };
  }

  async #signIn(): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/auth/login`, { method: "POST", body: JSON.stringify(this.account) });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async listNodes(): Promise<readonly NodeObject[]> {
    const client = await this.client();
    const nodes: NodeObject[] = [];
    for await (const node of client.nodes.list()) nodes.push(node);
    return nodes;
  }

  async waitForActive(count: number): Promise<void> {
    await waitUntil(`${count} active nodes`, async () => {
      const nodes = await this.listNodes();
      return nodes.filter((node) => node.status === "active").length >= count;
    });
  }

  /** Ends every process and keeps the folders. */
  async endRoles(): Promise<void> {
    await this.#coordinator?.end();
    await Promise.all([...this.nodes.values()].map((node) => node.end()));
  }

  async stop(): Promise<void> {
    await this.endRoles();
    await rm(this.folder, { recursive: true, force: true });
  }
}
