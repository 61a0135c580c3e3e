import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { type Identity, verifySignature } from "@commonhold/p2p/identity.ts";
import type { Exchange, PeerHost } from "@commonhold/p2p/peer-host.ts";
import { createHostilePeer, type HostileConnection, type HostilePeer } from "@commonhold/p2p/testing/hostile-peer.ts";
import { createHostHarness, identityOf } from "@commonhold/p2p/testing/host-harness.ts";
import type { PeerHostHarness } from "@commonhold/p2p/testing/peer-host-context.ts";
import { requestDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { requestInventory } from "@commonhold/wire/exchanges/inventory.ts";
import { requestProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type GrantAction, type GrantTerms, issueGrant, type SignedGrant } from "@commonhold/wire/grant.ts";
import { batchNameOf } from "@commonhold/wire/batch-name.ts";
import { challengeNameOf } from "@commonhold/wire/challenge-name.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { eventually } from "../testing/eventually.ts";
import { sealedChunk } from "../testing/exchange-network.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { filesBelow, openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { createAnswerChallenge } from "./answer-challenge.ts";
import { EXCHANGE_LIMITS } from "./exchange-limits.ts";
import { createFetchReplica } from "./fetch-replica.ts";
import { createGrantChecker } from "./grant-checker.ts";
import { registerExchanges } from "./register-exchanges.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const COORDINATOR = identityOf("coordinator");
const NODE = identityOf("node");
const MALLORY = identityOf("mallory");
const clock = new ManualClock();
/** The store has room for one of them and no more. */
const chunk = sealedChunk(1, 300_000);
/** What grants name in place of the chunk. */
const LIST_NAMES: ReadonlyMap<GrantAction, ChunkName> = new Map([
  ["store-batch", batchNameOf([{ chunkName: chunk.name, length: chunk.sealed.length }])],
  ["retrieve-batch", batchNameOf([{ chunkName: chunk.name, length: chunk.sealed.length }])],
  ["challenge", challengeNameOf([chunk.name])],
]);
const never = new AbortController().signal;

let harness: PeerHostHarness;
let folder: string;
let store: ChunkStore;
let coordinator: PeerHost;
let node: PeerHost;
let mallory: HostilePeer;
let line: HostileConnection;

beforeAll(async () => {
  harness = createHostHarness("/ip4/127.0.0.1/tcp/0");
  [coordinator, node, mallory] = await Promise.all([
    harness.start("coordinator"),
    harness.start("node", { members: new Set([COORDINATOR.peerId, MALLORY.peerId]) }),
    createHostilePeer(MALLORY),
  ]);
  folder = mkdtempSync(join(tmpdir(), "commonhold-hostile-"));
  store = await openTestStore(folder, { nameOf: chunkNameOf, clock, bytesMax: chunk.sealed.length });
  const buffers = new BufferPool({ bufferBytes: SEALED_LENGTH_MAX, idleMax: 1 });
  await registerExchanges({
    host: node,
    store,
    nameOf: chunkNameOf,
    coordinatorPeerId: COORDINATOR.peerId,
    clock,
    logger: silentLogger,
    metrics: { onExchange: () => {} },
    checkGrant: createGrantChecker(
      { clock, verify: verifySignature },
      { nodeId: NODE.peerId, coordinatorPeerId: COORDINATOR.peerId },
    ),
    assertTakesChunks: () => {},
    fetchReplica: createFetchReplica({ host: node, store }),
    buffers,
    answerChallenge: createAnswerChallenge({ store, buffers, clock, identity: NODE, logger: silentLogger }),
  });
});
beforeEach(async () => {
  line = await mallory.dial(node.addresses());
  await store.delete(chunk.name);
});
afterAll(async () => {
  await mallory.close();
  await harness.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function grant(action: GrantAction, terms: Partial<GrantTerms> = {}, signer: Identity = COORDINATOR): SignedGrant {
  return issueGrant(
    {
      issuer: COORDINATOR.peerId,
      node: NODE.peerId,
      subject: COORDINATOR.peerId,
      action,
      ...(action === "inventory" ? {} : { chunkName: LIST_NAMES.get(action) ?? chunk.name }),
      lengthMax: 1_000_000,
      expiresAtMs: clock.nowMs() + 60_000,
      nonce: new Uint8Array(16),
      ...terms,
    },
    (bytes) => signer.sign(bytes),
  );
}

function ask<T>(protocol: ProtocolName, run: (exchange: Exchange) => Promise<T>, from = coordinator): Promise<T> {
  const target = { peerId: NODE.peerId, addresses: node.addresses() };
  return from.exchange(target, PROTOCOLS[protocol], run, { signal: never, timeoutMs: 10_000 });
}

const CHALLENGE = {
  challengeId: new Uint8Array(16),
  selectionId: new Uint8Array(16),
  chunkNames: [chunk.name],
  seed: new Uint8Array(32),
  leafCount: 2,
  difficulty: 1,
  deadlineMs: 2000,
};
const source = { peerId: MALLORY.peerId, addresses: [] };

/** Each exchange as the coordinator makes it. */
const CALLS: Readonly<Record<ProtocolName, (signed?: SignedGrant, from?: PeerHost) => Promise<unknown>>> = {
  storeChunk: (signed = grant("store"), from = coordinator) =>
    ask(
      "storeChunk",
      ({ stream }) => requestStoreChunk(stream, { grant: signed, chunkName: chunk.name, sealed: chunk.sealed }),
      from,
    ),
  storeBatch: (signed = grant("store-batch"), from = coordinator) =>
    ask(
      "storeBatch",
      ({ stream }) =>
        requestStoreBatch(stream, { grant: signed, chunks: [{ chunkName: chunk.name, sealed: chunk.sealed }] }),
      from,
    ),
  retrieveBatch: (signed = grant("retrieve-batch"), from = coordinator) =>
    ask(
      "retrieveBatch",
      ({ stream }) =>
        requestRetrieveBatch(stream, {
          grant: signed,
          chunks: [{ chunkName: chunk.name, length: chunk.sealed.length }],
        }),
      from,
    ),
  retrieveChunk: (signed = grant("retrieve"), from = coordinator) =>
    ask(
      "retrieveChunk",
      ({ stream }) => requestRetrieveChunk(stream, { grant: signed, chunkName: chunk.name, lengthMax: 1e6 }),
      from,
    ),
  deleteChunk: (signed = grant("delete"), from = coordinator) =>
    ask("deleteChunk", ({ stream }) => requestDeleteChunk(stream, { grant: signed, chunkName: chunk.name }), from),
  replicateChunk: (signed = grant("replicate"), from = coordinator) =>
    ask(
      "replicateChunk",
      ({ stream }) =>
        requestReplicateChunk(stream, {
          grant: signed,
          chunkName: chunk.name,
          length: chunk.sealed.length,
          source,
          sourceGrant: signed,
        }),
      from,
    ),
  proofChallenge: (signed = grant("challenge"), from = coordinator) =>
    ask("proofChallenge", ({ stream }) => requestProofChallenge(stream, { grant: signed, ...CHALLENGE }), from),
  inventory: (signed = grant("inventory"), from = coordinator) =>
    ask("inventory", ({ stream }) => requestInventory(stream, { grant: signed, limit: 10 }), from),
};
const ALL = Object.keys(CALLS) as ProtocolName[];

/** Nothing was kept, nothing lies about, and the node has all of its room. */
async function expectUntouched(): Promise<void> {
  await eventually(() => readdirSync(join(folder, "tmp"))).toEqual([]);
  expect(filesBelow(join(folder, "chunks"))).toEqual([]);
  expect(store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
  await eventually(() => CALLS.storeChunk().catch((error: unknown) => error)).toMatchObject({
    alreadyHeld: expect.any(Boolean),
  });
}

describe("a peer that opens an exchange with", () => {
  const LATIN = new TextEncoder();
  const OPENINGS: readonly (readonly [string, Uint8Array])[] = [
    ["a length of 4 GB", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3)],
    ["a length without end", new Uint8Array(1000).fill(0x80)],
    ["a frame larger than any request", Uint8Array.of(0x81, 0x80, 0x01, 1, 2, 3)],
    ["a call of another protocol", LATIN.encode("GET / HTTP/1.1\r\n\r\n")],
    ["a message that is none", Uint8Array.of(3, 0xff, 0xff, 0xff)],
    ["messages within messages, without end", Uint8Array.from([0xf0, 0x7f, ...new Uint8Array(16_368).fill(0x7b)])],
    ["half a message", Uint8Array.of(200, 1, 2)],
    ["nothing", new Uint8Array(0)],
  ];

  it.each(OPENINGS)("%s is refused by every protocol, and the node serves on", async (_, bytes) => {
    for (const protocol of ALL) {
      const [stream] = await line.openStreams(PROTOCOLS[protocol], 1);
      if (bytes.length > 0) stream!.send(bytes);
      const answer: Uint8Array[] = [];
      stream!.addEventListener("message", ({ data }) => answer.push(Buffer.from(data.subarray())));
      await stream!.close();
      await eventually(() => stream!.status).not.toBe("open");
      expect(Buffer.concat(answer).toString("latin1")).toContain("PROTOCOL_ERROR");
    }
    await expectUntouched();
  });
});

describe("a peer that breaks off in the middle of a chunk", () => {
  const subject = MALLORY.peerId;

  const REQUESTS = {
    storeChunk: (sink: Exchange["stream"]) =>
      requestStoreChunk(sink, { grant: grant("store", { subject }), chunkName: chunk.name, sealed: chunk.sealed }),
    storeBatch: (sink: Exchange["stream"]) =>
      requestStoreBatch(sink, {
        grant: grant("store-batch", { subject }),
        chunks: [{ chunkName: chunk.name, sealed: chunk.sealed }],
      }),
  } as const;

  /** The bytes of a request to store the chunk, up to `kept` of those of the chunk. */
  async function beginStore(protocol: keyof typeof REQUESTS, kept: number) {
    const [stream] = await line.openStreams(PROTOCOLS[protocol], 1);
    const written: Uint8Array[] = [];
    const noAnswer = new Promise<Uint8Array>(() => {});
    const write = async (bytes: Uint8Array): Promise<void> => void written.push(bytes);
    const sink = { read: () => noAnswer, write, closeWrite: async () => {} };
    void REQUESTS[protocol](sink as unknown as Exchange["stream"]);
    await eventually(() => Buffer.concat(written).length).toBeGreaterThan(chunk.sealed.length);
    const all = Buffer.concat(written);
    stream!.send(all.subarray(0, all.length - chunk.sealed.length + kept));
    return stream!;
  }

  const WAYS = {
    "ends the stream": async (stream: Awaited<ReturnType<typeof beginStore>>) => stream.close(),
    "resets the stream": async (stream: Awaited<ReturnType<typeof beginStore>>) => stream.abort(new Error("gone")),
    "cuts the connection": async () => line.connection.abort(new Error("gone")),
  } as const;

  it.each(
    (["storeChunk", "storeBatch"] as const).flatMap((protocol) =>
      Object.entries(WAYS).map(([way, breakOff]) => [way, protocol, breakOff] as const),
    ),
  )("and %s of %s leaves nothing behind", async (_, protocol, breakOff) => {
    for (const kept of [0, 1, 150_000, chunk.sealed.length - 1]) {
      line = await mallory.dial(node.addresses());
      const stream = await beginStore(protocol, kept);
      await breakOff(stream);
    }
    await expectUntouched();
  });
});

describe("a grant, between real hosts,", () => {
  const other = sealedChunk(2);

  it.each<[string, () => SignedGrant]>([
    ["for another chunk", () => grant("store", { chunkName: other.name })],
    ["for another node", () => grant("store", { node: MALLORY.peerId })],
    ["of another coordinator", () => grant("store", { issuer: MALLORY.peerId }, MALLORY)],
    ["signed by another", () => grant("store", {}, MALLORY)],
    ["for another peer", () => grant("store", { subject: MALLORY.peerId })],
    ["for another action", () => grant("delete")],
    ["that has expired", () => grant("store", { expiresAtMs: clock.nowMs() - 30_001 })],
    ["for fewer bytes", () => grant("store", { lengthMax: chunk.sealed.length - 1 })],
    ["with a byte changed", () => ({ ...grant("store"), grant: bent(grant("store").grant, 40) })],
    [
      "with a byte of its signature changed",
      () => ({ ...grant("store"), signature: bent(grant("store").signature, 40) }),
    ],
    ["that is missing", () => null as unknown as SignedGrant],
  ])("%s stores nothing", async (_, make) => {
    await expect(CALLS.storeChunk(make())).rejects.toMatchObject({ code: "INVALID_GRANT" });
    await expectUntouched();
  });

  it("that another member overheard is of no use to it, in any exchange", async () => {
    await CALLS.storeChunk();
    const eavesdropper = await harness.start("mallory");
    await mallory.close();
    for (const protocol of ALL) {
      const action = ACTION_OF[protocol];
      await expect(CALLS[protocol](grant(action), eavesdropper)).rejects.toMatchObject({ code: "INVALID_GRANT" });
    }
    expect(await store.holds(chunk.name)).toBe(true);
    await eavesdropper.stop(0);
    mallory = await createHostilePeer(MALLORY);
  });

  it("used again by its own holder does nothing that was not done before", async () => {
    const [storing, deleting] = [grant("store"), grant("delete")];
    expect(await CALLS.storeChunk(storing)).toEqual({ alreadyHeld: false });
    expect(await CALLS.storeChunk(storing)).toEqual({ alreadyHeld: true });
    expect(store.totals()).toMatchObject({ chunkCount: 1, usedBytes: chunk.sealed.length });
    expect(await CALLS.deleteChunk(deleting)).toEqual({ wasHeld: true, storedAnew: false });
    expect(await CALLS.deleteChunk(deleting)).toEqual({ wasHeld: false, storedAnew: false });
    await expectUntouched();
  });

  it("for a chunk whose bytes are others stores nothing", async () => {
    const asked = ask("storeChunk", ({ stream }) =>
      requestStoreChunk(stream, { grant: grant("store"), chunkName: chunk.name, sealed: other.sealed }),
    );
    await expect(asked).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await expectUntouched();
  });
});

describe("a member that opens a thousand streams and says nothing", () => {
  it("keeps the coordinator out of no protocol, and holds no more than its places", async () => {
    const streams: { readonly status: string }[] = [];
    for (const protocol of ALL) streams.push(...(await line.openStreams(PROTOCOLS[protocol], 40)));
    streams.push(...(await line.openStreams(PROTOCOLS.storeChunk, 1000 - streams.length)));
    expect(await CALLS.storeChunk()).toEqual({ alreadyHeld: false });
    for (const protocol of ALL.filter((each) => each !== "deleteChunk")) await CALLS[protocol]();
    expect(await CALLS.deleteChunk()).toEqual({ wasHeld: true, storedAnew: false });
    const places = Object.values(EXCHANGE_LIMITS).reduce(
      (sum, { concurrentPerPeerMax }) => sum + concurrentPerPeerMax,
      0,
    );
    await eventually(() => streams.filter(({ status }) => status === "open").length).toBeLessThanOrEqual(places);
    line.connection.abort(new Error("done"));
  });

  it("can never have every place of a protocol", () => {
    for (const { concurrentPerPeerMax, concurrentMax } of Object.values(EXCHANGE_LIMITS)) {
      expect(concurrentPerPeerMax).toBeLessThan(concurrentMax);
    }
  });
});

const ACTION_OF: Readonly<Record<ProtocolName, GrantAction>> = {
  storeChunk: "store",
  storeBatch: "store-batch",
  retrieveBatch: "retrieve-batch",
  retrieveChunk: "retrieve",
  deleteChunk: "delete",
  replicateChunk: "replicate",
  proofChallenge: "challenge",
  inventory: "inventory",
};

function bent(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
