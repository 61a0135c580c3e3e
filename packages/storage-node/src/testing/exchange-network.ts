import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createIdentity, type Identity, verifySignature } from "@commonhold/p2p/identity.ts";
import { createMemoryNetwork, type MemoryNetwork } from "@commonhold/p2p/memory-host.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import { type GrantAction, issueGrant, type SignedGrant } from "@commonhold/wire/grant.ts";
import { onTestFinished } from "vitest";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { createFetchReplica } from "../exchanges/fetch-replica.ts";
import { createGrantChecker } from "../exchanges/grant-checker.ts";
import { createAnswerChallenge } from "../exchanges/answer-challenge.ts";
import { registerExchanges } from "../exchanges/register-exchanges.ts";
import { ManualClock } from "./manual-clock.ts";
import { openTestStore, silentLogger, type TestStoreParts } from "./open-test-store.ts";
import { tempFolder } from "./temp-folder.ts";
import { type TestChunk, testChunk } from "./test-chunks.ts";

export const clock = new ManualClock();

export interface ServingNode {
  readonly peerId: string;
  readonly folder: string;
  readonly store: ChunkStore;
  readonly target: { readonly peerId: string; readonly addresses: readonly string[] };
  /** "protocol outcome" of each exchange that it served. */
  readonly outcomes: string[];
  /** Thrown by whatever takes chunks, where it is set. */
  refusal: Error | undefined;
}

/** A chunk under its true name. */
export function sealedChunk(seed: number, length = 50_000): TestChunk {
  return testChunk(seed, length, chunkNameOf);
}

/** A coordinator, and storage nodes that obey it, on a network in memory. */
export class ExchangeNetwork {
  readonly network: MemoryNetwork;
  readonly coordinator: Identity;
  readonly host: PeerHost;

  private constructor(network: MemoryNetwork, coordinator: Identity, host: PeerHost) {
    this.network = network;
    this.coordinator = coordinator;
    this.host = host;
  }

  static async create(): Promise<ExchangeNetwork> {
    const network = createMemoryNetwork();
    const coordinator = createIdentity();
    const host = await network.createHost(coordinator.peerId);
    onTestFinished(() => host.stop(0));
    return new ExchangeNetwork(network, coordinator, host);
  }

  async addNode(
    options: Pick<TestStoreParts, "bytesMax" | "reservedBytes" | "sharesExcess"> = {},
  ): Promise<ServingNode> {
    const identity = createIdentity();
    const folder = tempFolder();
    const store = await openTestStore(folder, { ...options, nameOf: chunkNameOf, clock });
    const host = await this.network.createHost(identity.peerId);
    onTestFinished(async () => {
      await host.stop(0);
      await store.close();
    });
    const node: ServingNode = {
      peerId: identity.peerId,
      folder,
      store,
      target: { peerId: identity.peerId, addresses: host.addresses() },
      outcomes: [],
      refusal: undefined,
    };
    const buffers = new BufferPool({ bufferBytes: SEALED_LENGTH_MAX, idleMax: 1 });
    await registerExchanges({
      host,
      store,
      nameOf: chunkNameOf,
      coordinatorPeerId: this.coordinator.peerId,
      clock,
      logger: silentLogger,
      metrics: { onExchange: (protocol, outcome) => void node.outcomes.push(`${protocol} ${outcome}`) },
      checkGrant: createGrantChecker(
        { clock, verify: verifySignature },
        { nodeId: identity.peerId, coordinatorPeerId: this.coordinator.peerId },
      ),
      assertTakesChunks: () => {
        if (node.refusal !== undefined) throw node.refusal;
      },
      fetchReplica: createFetchReplica({ host, store }),
      buffers,
      answerChallenge: createAnswerChallenge({ store, buffers, clock, identity, logger: silentLogger }),
    });
    return node;
  }

  /** A grant of the coordinator for itself at `node`, unless told otherwise. */
  grant(node: string, action: GrantAction, terms: Partial<GrantTermsOfTest> = {}): SignedGrant {
    const { signer = this.coordinator, ...rest } = terms;
    return issueGrant(
      {
        issuer: signer.peerId,
        node,
        subject: this.coordinator.peerId,
        action,
        lengthMax: 1_000_000,
        expiresAtMs: clock.nowMs() + 60_000,
        nonce: new Uint8Array(16),
        ...rest,
      },
      (bytes) => signer.sign(bytes),
    );
  }
}

interface GrantTermsOfTest {
  readonly issuer: string;
  readonly subject: string;
  readonly chunkName: ChunkName;
  readonly lengthMax: number;
  readonly expiresAtMs: number;
  readonly epoch: number;
  readonly own: boolean;
  /** Whose key signs. */
  readonly signer: Identity;
}
