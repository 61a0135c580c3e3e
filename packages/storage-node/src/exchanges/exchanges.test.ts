import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createIdentity } from "@commonhold/p2p/identity.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import { requestDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { requestInventory } from "@commonhold/wire/exchanges/inventory.ts";
import { type ProofChallenge, requestProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type BatchedChunkRef, batchNameOf } from "@commonhold/wire/batch-name.ts";
import { challengeNameOf } from "@commonhold/wire/challenge-name.ts";
import type { SignedGrant } from "@commonhold/wire/grant.ts";
import { PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { clock, ExchangeNetwork, type ServingNode, sealedChunk } from "../testing/exchange-network.ts";
import type { TestChunk } from "../testing/test-chunks.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const chunk = sealedChunk(1);
const other = sealedChunk(2);
const CHALLENGE: ProofChallenge = {
  challengeId: new Uint8Array(16).fill(1),
  selectionId: new Uint8Array(16).fill(1),
  chunkNames: [chunk.name],
  seed: new Uint8Array(32).fill(2),
  leafCount: 3,
  difficulty: 10,
  deadlineMs: 2000,
};

/** One exchange of the coordinator with a node. */
function ask<T>(
  { world, node }: { readonly world: ExchangeNetwork; readonly node: ServingNode },
  protocol: ProtocolName,
  run: (exchange: Exchange) => Promise<T>,
): Promise<T> {
  return world.host.exchange(node.target, PROTOCOLS[protocol], run, {
    signal: new AbortController().signal,
    timeoutMs: 10_000,
  });
}

/** Every action on `chunk`, with whatever grant it is given. */
const ACTIONS = {
  store: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "storeChunk", ({ stream }) =>
      requestStoreChunk(stream, { grant, chunkName: chunk.name, sealed: chunk.sealed }),
    ),
  "store-batch": (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "storeBatch", ({ stream }) =>
      requestStoreBatch(stream, { grant, chunks: [{ chunkName: chunk.name, sealed: chunk.sealed }] }),
    ),
  "retrieve-batch": (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "retrieveBatch", ({ stream }) =>
      requestRetrieveBatch(stream, { grant, chunks: [refOf(chunk)] }),
    ),
  retrieve: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "retrieveChunk", ({ stream }) =>
      requestRetrieveChunk(stream, { grant, chunkName: chunk.name, lengthMax: 1_000_000 }),
    ),
  delete: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "deleteChunk", ({ stream }) => requestDeleteChunk(stream, { grant, chunkName: chunk.name })),
  replicate: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "replicateChunk", ({ stream }) =>
      requestReplicateChunk(stream, {
        grant,
        chunkName: chunk.name,
        length: chunk.sealed.length,
        source: { peerId: createIdentity().peerId, addresses: ["/memory/999"] },
        sourceGrant: grant,
      }),
    ),
  challenge: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "proofChallenge", ({ stream }) => requestProofChallenge(stream, { grant, ...CHALLENGE })),
  inventory: (world: ExchangeNetwork, node: ServingNode, grant: SignedGrant) =>
    ask({ world, node }, "inventory", ({ stream }) => requestInventory(stream, { grant, limit: 10 })),
} as const;
type Action = keyof typeof ACTIONS;
const ALL_ACTIONS = Object.keys(ACTIONS) as Action[];

function refOf({ name, sealed }: TestChunk): BatchedChunkRef {
  return { chunkName: name, length: sealed.length };
}

/** What a grant for `action` on `chunk` names. */
function onChunk(action: Action, of: TestChunk = chunk): { readonly chunkName?: ChunkName } {
  if (action === "inventory") return {};
  if (action === "store-batch" || action === "retrieve-batch") return { chunkName: batchNameOf([refOf(of)]) };
  return { chunkName: action === "challenge" ? challengeNameOf([of.name]) : of.name };
}

function pathOf(node: ServingNode, name: ChunkName): string {
  return join(node.folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
}

describe("a storage node on the network", () => {
  it("stores, lists, gives back and deletes a chunk", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    const grant = (action: Action) => world.grant(node.peerId, action, onChunk(action));
    expect(await ACTIONS.store(world, node, grant("store"))).toEqual({ alreadyHeld: false });
    expect(await ACTIONS.store(world, node, grant("store"))).toEqual({ alreadyHeld: true });
    expect(await ACTIONS.inventory(world, node, grant("inventory"))).toEqual({ chunkNames: [chunk.name], more: false });
    expect(Buffer.compare(await ACTIONS.retrieve(world, node, grant("retrieve")), chunk.sealed)).toBe(0);
    expect(await ACTIONS.delete(world, node, grant("delete"))).toEqual({ wasHeld: true, storedAnew: false });
    expect(await ACTIONS.delete(world, node, grant("delete"))).toEqual({ wasHeld: false, storedAnew: false });
    await expect(ACTIONS.retrieve(world, node, grant("retrieve"))).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    await eventually(() => node.outcomes).toEqual([
      "storeChunk OK",
      "storeChunk OK",
      "inventory OK",
      "retrieveChunk OK",
      "deleteChunk OK",
      "deleteChunk OK",
      "retrieveChunk CHUNK_NOT_FOUND",
    ]);
  });

  it("lists by pages", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    const names = Array.from({ length: 5 }, (_, seed) => sealedChunk(seed, 100));
    for (const { name, sealed } of names) await node.store.store(name, sealed);
    const sorted = names.map(({ name }) => name).sort();
    const grant = world.grant(node.peerId, "inventory");
    const page = (after?: ChunkName) =>
      ask({ world, node }, "inventory", ({ stream }) =>
        requestInventory(stream, { grant, limit: 3, ...(after !== undefined && { after }) }),
      );
    expect(await page()).toEqual({ chunkNames: sorted.slice(0, 3), more: true });
    expect(await page(sorted[2])).toEqual({ chunkNames: sorted.slice(3), more: false });
  });

  it("refuses bytes that do not hash to the name, and keeps nothing of them", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    const grant = world.grant(node.peerId, "store", { chunkName: chunk.name });
    const corrupt = ask({ world, node }, "storeChunk", ({ stream }) =>
      requestStoreChunk(stream, { grant, chunkName: chunk.name, sealed: other.sealed }),
    );
    await expect(corrupt).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(node.store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
  });

  it("refuses what does not fit before the bytes are sent", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode({ bytesMax: chunk.sealed.length - 1 });
    const grant = world.grant(node.peerId, "store", { chunkName: chunk.name });
    const asked = ask({ world, node }, "storeChunk", ({ stream }) => {
      let writes = 0;
      const headOnly: ByteStream = {
        read: (length) => stream.read(length),
        write: (bytes) => (writes++ === 0 ? stream.write(bytes) : new Promise(() => {})),
        closeWrite: () => stream.closeWrite(),
        abort: (reason) => stream.abort(reason),
      };
      return requestStoreChunk(headOnly, { grant, chunkName: chunk.name, sealed: chunk.sealed });
    });
    await expect(asked).rejects.toMatchObject({ code: "NO_SPACE", message: expect.stringContaining("do not fit") });
  });

  it("counts exchanges that the peer spoils", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await ask({ world, node }, "storeChunk", async ({ stream }) => {
      await stream.write(Uint8Array.of(2, 0xff, 0xff));
      await stream.read(1);
    });
    await eventually(() => node.outcomes).toEqual(["storeChunk PROTOCOL_ERROR"]);
  });

  it.each(["NODE_DRAINING", "SHUTTING_DOWN"] as const)("%s: takes no chunk, serves all else", async (code) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    node.refusal = new AppError(code, "not now");
    for (const action of ALL_ACTIONS) {
      await node.store.store(chunk.name, chunk.sealed);
      const asked = ACTIONS[action](world, node, world.grant(node.peerId, action, onChunk(action)));
      if (["store", "store-batch", "replicate"].includes(action)) await expect(asked).rejects.toMatchObject({ code });
      else await asked;
    }
  });
});

describe("a grant", () => {
  const stranger = createIdentity();

  async function refused(action: Action, terms: Parameters<ExchangeNetwork["grant"]>[2], atNode?: string) {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await node.store.store(chunk.name, chunk.sealed);
    const grant = world.grant(atNode ?? node.peerId, action, { ...onChunk(action), ...terms });
    await expect(ACTIONS[action](world, node, grant)).rejects.toMatchObject({ code: "INVALID_GRANT" });
    expect(await node.store.holds(chunk.name)).toBe(true);
    expect(node.store.totals().chunkCount).toBe(1);
  }

  it.each(ALL_ACTIONS)("for %s must be there", async (action) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    const none = undefined as unknown as SignedGrant;
    // A replicate request must name the source's grant too, so that one is there.
    const asked =
      action === "replicate"
        ? ask({ world, node }, "replicateChunk", ({ stream }) =>
            requestReplicateChunk(stream, {
              grant: none,
              chunkName: chunk.name,
              length: 1,
              source: { peerId: "x", addresses: [] },
              sourceGrant: world.grant(node.peerId, "retrieve", onChunk("retrieve")),
            }),
          )
        : ACTIONS[action](world, node, none);
    await expect(asked).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });

  it.each(ALL_ACTIONS)("for %s counts for that action only", async (action) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    for (const granted of ALL_ACTIONS.filter((each) => each !== action)) {
      const grant = world.grant(node.peerId, granted, onChunk(action));
      await expect(ACTIONS[action](world, node, grant)).rejects.toMatchObject({ code: "INVALID_GRANT" });
    }
  });

  it.each(ALL_ACTIONS.filter((action) => action !== "inventory"))("for %s counts for its chunk", async (action) => {
    await refused(action, onChunk(action, other));
  });

  it.each(ALL_ACTIONS)("for %s ends (with 30 s for clocks that differ)", async (action) => {
    await refused(action, { expiresAtMs: clock.nowMs() - 30_001 });
  });

  it.each(ALL_ACTIONS)("for %s counts at its node", async (action) => {
    await refused(action, {}, stranger.peerId);
  });

  it.each(ALL_ACTIONS)("for %s counts for the peer that it names", async (action) => {
    await refused(action, { subject: stranger.peerId });
  });

  it.each(ALL_ACTIONS)("for %s must be of the node's own coordinator", async (action) => {
    await refused(action, { signer: stranger });
  });

  it.each(ALL_ACTIONS)("for %s must be signed by the one that it names", async (action) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await node.store.store(chunk.name, chunk.sealed);
    const forged = world.grant(node.peerId, action, {
      ...onChunk(action),
      signer: stranger,
      issuer: world.coordinator.peerId,
    });
    await expect(ACTIONS[action](world, node, forged)).rejects.toMatchObject({
      code: "INVALID_GRANT",
      message: expect.stringContaining("signature"),
    });
  });

  it.each(["store", "store-batch", "replicate"] as const)("for %s bounds the length", async (action) => {
    await refused(action, { lengthMax: chunk.sealed.length - 1 });
  });
});

describe("replication", () => {
  async function pair() {
    const world = await ExchangeNetwork.create();
    const [source, target] = [await world.addNode(), await world.addNode()];
    const replicate = (terms: { readonly sourceGrant?: SignedGrant; readonly length?: number } = {}) =>
      ask({ world, node: target }, "replicateChunk", ({ stream }) =>
        requestReplicateChunk(stream, {
          grant: world.grant(target.peerId, "replicate", { chunkName: chunk.name }),
          chunkName: chunk.name,
          length: chunk.sealed.length,
          source: source.target,
          sourceGrant: world.grant(source.peerId, "retrieve", { chunkName: chunk.name, subject: target.peerId }),
          ...terms,
        }),
      );
    return { world, source, target, replicate };
  }

  it("fetches the chunk from its holder and keeps it", async () => {
    const { source, target, replicate } = await pair();
    await source.store.store(chunk.name, chunk.sealed);
    expect(await replicate()).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await target.store.read(chunk.name), chunk.sealed)).toBe(0);
    expect(await replicate()).toEqual({ alreadyHeld: true });
    expect(source.outcomes).toEqual(["retrieveChunk OK"]);
  });

  it("hands on what the source says", async () => {
    const { replicate } = await pair();
    await expect(replicate()).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
  });

  it("needs a grant that lets it fetch from the source", async () => {
    const { world, source, replicate } = await pair();
    await source.store.store(chunk.name, chunk.sealed);
    const notForTarget = world.grant(source.peerId, "retrieve", { chunkName: chunk.name });
    await expect(replicate({ sourceGrant: notForTarget })).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });

  it("refuses rotten bytes of the source and keeps nothing", async () => {
    const { source, target, replicate } = await pair();
    await source.store.store(chunk.name, chunk.sealed);
    writeFileSync(pathOf(source, chunk.name), Buffer.alloc(chunk.sealed.length, 1));
    await expect(replicate()).rejects.toMatchObject({
      code: "CHUNK_CORRUPT",
      message: expect.stringContaining(source.peerId),
    });
    expect(target.store.totals().chunkCount).toBe(0);
    await eventually(() => target.outcomes).toEqual(["replicateChunk CHUNK_CORRUPT"]);
  });

  it("takes no more than was announced", async () => {
    const { source, target, replicate } = await pair();
    await source.store.store(chunk.name, chunk.sealed);
    await expect(replicate({ length: chunk.sealed.length - 1 })).rejects.toMatchObject({
      code: "CHUNK_CORRUPT",
      message: expect.stringContaining(source.peerId),
    });
    expect(target.store.totals().chunkCount).toBe(0);
  });

  it("says so when the source cannot be reached", async () => {
    const { world, source, replicate } = await pair();
    world.network.vanish(source.peerId);
    await expect(replicate()).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
  });
});
