import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import { createMemoryNetwork, type MemoryNetwork } from "@commonhold/p2p/memory-host.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type GrantAction, type GrantTerms, issueGrant } from "@commonhold/wire/grant.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { onTestFinished } from "vitest";
import type { NodeConfigOverrides } from "../config/node-config.ts";
import { initNode } from "../init-node.ts";
import type { NodeDeps } from "../node-deps.ts";
import { type RunningNode, startNode } from "../storage-node.ts";
import {
  type FakeAnswer,
  type FakeCall,
  type FakeCoordinator,
  heartbeatAnswer,
  startFakeCoordinator,
} from "./fake-coordinator.ts";
import { silentLogger } from "./open-test-store.ts";
import { SteppedSleep } from "./stepped-sleep.ts";
import { tempFolder } from "./temp-folder.ts";
import type { TestChunk } from "./test-chunks.ts";

export const VERSION = "1.2.3";

/** A coordinator's HTTP API and identity, and a network in memory. */
export class NodeWorld {
  readonly coordinator: FakeCoordinator;
  readonly identity: Identity = createIdentity();
  readonly network: MemoryNetwork = createMemoryNetwork();
  readonly pause = new SteppedSleep();
  readonly folder = join(tempFolder(), "node");
  keysGiven = 0;
  #evictionAnswer: (body: FakeCall["body"]) => FakeAnswer = () => ({ status: 404, body: {} });

  constructor(coordinator: FakeCoordinator) {
    this.coordinator = coordinator;
    this.answer({});
  }

  static async create(): Promise<NodeWorld> {
    return new NodeWorld(await startFakeCoordinator());
  }

  get deps(): NodeDeps {
    return {
      clock: systemClock,
      random: systemRandom,
      sleep: this.pause.sleep,
      fetch,
      openHost: ({ identity, members }) => this.network.createHost(identity.peerId, { members }),
    };
  }

  /** Registrations succeed; heartbeats are answered with `changes`, or cut off. */
  answer(changes: Record<string, unknown> | "away"): void {
    this.coordinator.answerWith(({ path, body }): FakeAnswer | undefined => {
      if (changes === "away") return undefined;
      if (path.endsWith("/evictions")) return this.#evictionAnswer(body);
      if (path.endsWith("/heartbeat")) return heartbeatAnswer(this.identity.peerId, { members: [], ...changes });
      return {
        status: 201,
        body: {
          node_id: body["peer_id"],
          api_key: `key-${++this.keysGiven}`,
          coordinator: { peer_id: this.identity.peerId, addresses: [] },
          heartbeat_interval_ms: 30_000,
          members: [],
        },
      };
    });
  }

  /** Evictions that nodes ask for are answered so; at first there is no such call. */
  answerEvictions(answer: (body: FakeCall["body"]) => Record<string, unknown>): void {
    this.#evictionAnswer = (body) => ({ status: 200, body: answer(body) });
  }

  init({
    fetch = globalThis.fetch,
    storage = {},
    ...options
  }: {
    readonly storage?: NonNullable<NodeConfigOverrides["storage"]>;
    readonly rejoin?: boolean;
    readonly joinToken?: string;
    readonly fetch?: typeof globalThis.fetch;
  } = {}) {
    return initNode(
      { ...this.deps, fetch },
      {
        folder: this.folder,
        joinToken: "join-me",
        settings: {
          node: { name: "attic", coordinator_url: this.coordinator.url },
          network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
          storage: { max_bytes: 20_000_000, min_free_disk_bytes: 0, scrub_interval_days: 0, ...storage },
          labels: { site: "home" },
        },
        version: VERSION,
        ...options,
      },
    );
  }

  async start(deps: Partial<NodeDeps> = {}, settings: NodeConfigOverrides = {}): Promise<RunningNode> {
    const node = await startNode(
      { ...this.deps, ...deps },
      { folder: this.folder, version: VERSION, logger: silentLogger, settings },
    );
    onTestFinished(async () => void (await node.stop()));
    return node;
  }

  /** The coordinator's own host. */
  async openHost(): Promise<PeerHost> {
    const host = await this.network.createHost(this.identity.peerId);
    onTestFinished(() => host.stop(0));
    return host;
  }

  grant(node: string, action: GrantAction, chunkName: ChunkName, terms: Partial<GrantTerms> = {}) {
    return issueGrant(
      {
        ...terms,
        issuer: this.identity.peerId,
        node,
        subject: this.identity.peerId,
        action,
        chunkName,
        lengthMax: 10_000_000,
        expiresAtMs: systemClock.nowMs() + 60_000,
        nonce: new Uint8Array(16),
      },
      (bytes) => this.identity.sign(bytes),
    );
  }

  get heartbeats() {
    return this.coordinator.calls.filter(({ path }) => path.endsWith("/heartbeat")).map(({ body }) => body);
  }
}

interface StoreCall {
  readonly host: PeerHost;
  readonly node: RunningNode;
  readonly chunk: TestChunk;
  readonly target?: { readonly peerId: string; readonly addresses: readonly string[] };
}

/** Stores a chunk at a node, by a grant for the coordinator. */
export async function storeAt(
  world: NodeWorld,
  { host, node, chunk, target }: StoreCall,
): Promise<{ alreadyHeld: boolean }> {
  return await host.exchange(
    target ?? { peerId: node.nodeId, addresses: (await node.status()).addresses },
    PROTOCOLS.storeChunk,
    ({ stream }) =>
      requestStoreChunk(stream, {
        grant: world.grant(node.nodeId, "store", chunk.name),
        chunkName: chunk.name,
        sealed: chunk.sealed,
      }),
    { signal: new AbortController().signal, timeoutMs: 10_000 },
  );
}
