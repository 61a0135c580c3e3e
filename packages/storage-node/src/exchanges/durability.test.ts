import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { bucketBounds, differingBuckets, summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import { batchNameOf } from "@commonhold/wire/batch-name.ts";
import { requestDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { requestInventory, requestInventorySummary } from "@commonhold/wire/exchanges/inventory.ts";
import { requestReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, vi } from "vitest";
import { ExchangeNetwork, type ServingNode, sealedChunk } from "../testing/exchange-network.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const chunk = sealedChunk(1, 5000);
const never = new AbortController().signal;

interface Place {
  readonly world: ExchangeNetwork;
  readonly node: ServingNode;
}
type Terms = { readonly epoch?: number; readonly own?: boolean };

async function place(options: Parameters<ExchangeNetwork["addNode"]>[0] = {}): Promise<Place> {
  const world = await ExchangeNetwork.create();
  return { world, node: await world.addNode(options) };
}

function ask<T>({ world, node }: Place, protocol: ProtocolName, run: (exchange: Exchange) => Promise<T>): Promise<T> {
  return world.host.exchange(node.target, PROTOCOLS[protocol], run, { signal: never, timeoutMs: 10_000 });
}

function store(at: Place, terms: Terms = {}) {
  const grant = at.world.grant(at.node.peerId, "store", { chunkName: chunk.name, ...terms });
  return ask(at, "storeChunk", ({ stream }) =>
    requestStoreChunk(stream, { grant, chunkName: chunk.name, sealed: chunk.sealed }),
  );
}

function storeBatch(at: Place, terms: Terms) {
  const refs = [{ chunkName: chunk.name, length: chunk.sealed.length }];
  const grant = at.world.grant(at.node.peerId, "store-batch", { chunkName: batchNameOf(refs), ...terms });
  return ask(at, "storeBatch", ({ stream }) =>
    requestStoreBatch(stream, { grant, chunks: [{ chunkName: chunk.name, sealed: chunk.sealed }] }),
  );
}

function remove(at: Place, terms: Terms = {}) {
  const grant = at.world.grant(at.node.peerId, "delete", { chunkName: chunk.name, ...terms });
  return ask(at, "deleteChunk", ({ stream }) => requestDeleteChunk(stream, { grant, chunkName: chunk.name }));
}

function replicate(from: ServingNode, to: Place, terms: Terms = {}) {
  const { world, node } = to;
  return ask(to, "replicateChunk", ({ stream }) =>
    requestReplicateChunk(stream, {
      grant: world.grant(node.peerId, "replicate", { chunkName: chunk.name, ...terms }),
      chunkName: chunk.name,
      length: chunk.sealed.length,
      source: from.target,
      sourceGrant: world.grant(from.peerId, "retrieve", { chunkName: chunk.name, subject: node.peerId }),
    }),
  );
}

function pathOf({ folder }: ServingNode, name: ChunkName): string {
  return join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
}

function rot(node: ServingNode): void {
  writeFileSync(pathOf(node, chunk.name), Buffer.alloc(chunk.sealed.length, 7));
}

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

describe("the epoch of a grant", () => {
  it("fences what was stored under it, one by one or in a batch, against deletions of then or before", async () => {
    for (const keep of [store, storeBatch]) {
      const at = await place();
      await keep(at, { epoch: 5 });
      expect(await remove(at, { epoch: 5 })).toEqual({ wasHeld: true, storedAnew: true });
      expect(await at.node.store.holds(chunk.name)).toBe(true);
      // From a coordinator that knows of no epochs.
      expect(await remove(at)).toEqual({ wasHeld: true, storedAnew: true });
      expect(await remove(at, { epoch: 6 })).toEqual({ wasHeld: true, storedAnew: false });
      expect(await remove(at, { epoch: 6 })).toEqual({ wasHeld: false, storedAnew: false });
    }
  });

  it("rises when a chunk that is held is stored or replicated once more", async () => {
    const at = await place();
    const source = await at.world.addNode();
    await source.store.store(chunk.name, chunk.sealed);
    await store(at, { epoch: 1 });
    expect(await store(at, { epoch: 4 })).toEqual({ alreadyHeld: true });
    expect(await remove(at, { epoch: 4 })).toMatchObject({ storedAnew: true });
    expect(await replicate(source, at, { epoch: 7 })).toEqual({ alreadyHeld: true });
    expect(await remove(at, { epoch: 7 })).toMatchObject({ storedAnew: true });
    expect(await storeBatch(at, { epoch: 9 })).toMatchObject([{ value: { alreadyHeld: true } }]);
    expect(await remove(at, { epoch: 9 })).toMatchObject({ storedAnew: true });
    expect(await remove(at, { epoch: 10 })).toEqual({ wasHeld: true, storedAnew: false });
  });

  it("is nobody's to change: it is signed", async () => {
    const at = await place();
    await store(at, { epoch: 5 });
    const grant = at.world.grant(at.node.peerId, "delete", { chunkName: chunk.name, epoch: 5 });
    const later = at.world.grant(at.node.peerId, "delete", { chunkName: chunk.name, epoch: 6 });
    const forged = ask(at, "deleteChunk", ({ stream }) =>
      requestDeleteChunk(stream, { grant: { ...later, signature: grant.signature }, chunkName: chunk.name }),
    );
    await expect(forged).rejects.toMatchObject({ code: "INVALID_GRANT" });
    expect(await at.node.store.holds(chunk.name)).toBe(true);
  });
});

describe("chunks of the node's operator", () => {
  it("get the room that is reserved, stored or replicated; others' are refused before their bytes are sent", async () => {
    for (const options of [{ bytesMax: 6000, reservedBytes: 5999 }, { sharesExcess: false }]) {
      const at = await place(options);
      const source = await at.world.addNode();
      await source.store.store(chunk.name, chunk.sealed);
      await expect(store(at)).rejects.toMatchObject({ code: "NO_SPACE" });
      await expect(replicate(source, at)).rejects.toMatchObject({ code: "NO_SPACE" });
      expect(await storeBatch(at, {})).toMatchObject([{ reason: { code: "NO_SPACE" } }]);
      expect(source.outcomes).toEqual([]);
      expect(await store(at, { own: true })).toEqual({ alreadyHeld: false });
      await at.node.store.delete(chunk.name);
      expect(await replicate(source, at, { own: true })).toEqual({ alreadyHeld: false });
      await at.node.store.delete(chunk.name);
      expect(await storeBatch(at, { own: true })).toMatchObject([{ value: { alreadyHeld: false } }]);
      expect(at.node.store.totals()).toMatchObject({ ownBytes: chunk.sealed.length });
    }
  });
});

describe("replication", () => {
  it("to a node whose copy has rotted unnoticed replaces that copy", async () => {
    const at = await place();
    const source = await at.world.addNode();
    for (const node of [source, at.node]) await node.store.store(chunk.name, chunk.sealed);
    rot(at.node);
    expect(await replicate(source, at)).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await at.node.store.read(chunk.name), chunk.sealed)).toBe(0);
    expect(at.node.store.losses(10)).toEqual([]);
  });

  it("to a node whose copy has rotted, from one that has none: the node knows of its loss now", async () => {
    const at = await place();
    const source = await at.world.addNode();
    await at.node.store.store(chunk.name, chunk.sealed);
    rot(at.node);
    await expect(replicate(source, at)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(at.node.store.losses(10)).toMatchObject([{ name: chunk.name, why: "damaged" }]);
  });

  it("of rot does not happen: the source finds out, and reports its loss", async () => {
    const at = await place();
    const source = await at.world.addNode();
    await source.store.store(chunk.name, chunk.sealed);
    rot(source);
    await expect(replicate(source, at)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(source.store.losses(10)).toMatchObject([{ name: chunk.name, why: "damaged" }]);
    expect(source.outcomes).toEqual(["retrieveChunk CHUNK_CORRUPT"]);
    expect(at.node.store.totals().chunkCount).toBe(0);
  });

  it("of a chunk whose file is gone tells that it is not held, and the source reports its loss", async () => {
    const at = await place();
    const source = await at.world.addNode();
    await source.store.store(chunk.name, chunk.sealed);
    unlinkSync(pathOf(source, chunk.name));
    await expect(replicate(source, at)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(source.store.losses(10)).toMatchObject([{ name: chunk.name, why: "missing" }]);
  });
});

describe("the summary of an inventory", () => {
  it("says what is held whole, and in which part of the names two of them differ", async () => {
    const at = await place();
    const chunks = Array.from({ length: 40 }, (_, seed) => sealedChunk(seed, 100));
    for (const { name, sealed } of chunks) await at.node.store.store(name, sealed);
    const damaged = chunks[7]!.name;
    at.node.store.markDamaged(damaged);
    const grant = at.world.grant(at.node.peerId, "inventory");
    const held = await ask(at, "inventory", ({ stream }) => requestInventorySummary(stream, { grant }));
    const names = chunks.map(({ name }) => name).sort();
    const { buckets, root } = summariseInventory(
      names.filter((name) => name !== damaged),
      sha256,
    );
    expect(held).toEqual({ buckets, root });
    const [bucket, ...others] = differingBuckets(held.buckets, summariseInventory(names, sha256).buckets);
    expect([bucket, ...others]).toEqual([Number.parseInt(damaged.slice(0, 2), 16)]);
    const page = await ask(at, "inventory", ({ stream }) => {
      const { after, until } = bucketBounds(bucket!);
      return requestInventory(stream, { grant, limit: 100, until, ...(after !== undefined && { after }) });
    });
    expect(page).toEqual({
      chunkNames: names.filter((name) => name.startsWith(damaged.slice(0, 2)) && name !== damaged),
      more: false,
    });
  });

  it("is for those who have a grant", async () => {
    const at = await place();
    const grant = at.world.grant(at.node.peerId, "retrieve", { chunkName: chunk.name });
    const refused = ask(at, "inventory", ({ stream }) => requestInventorySummary(stream, { grant }));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });

  it("of a bucket is compared with the folder while chunks come and go", async () => {
    const { node } = await place();
    const chunks = Array.from({ length: 30 }, (_, seed) => sealedChunk(seed, 2000));
    for (const { name, sealed } of chunks.slice(0, 15)) await node.store.store(name, sealed);
    const stray = sealedChunk(99, 100);
    mkdirSync(join(pathOf(node, stray.name), ".."), { recursive: true });
    writeFileSync(pathOf(node, stray.name), stray.sealed);
    const compared = Array.from({ length: 256 }, (_, bucket) => bucket);
    const [comparisons] = await Promise.all([
      Promise.all(compared.map((bucket) => node.store.compareBucket(bucket))),
      ...chunks.slice(15).map(({ name, sealed }) => node.store.store(name, sealed)),
      ...chunks.slice(0, 8).map(({ name }) => node.store.delete(name)),
    ]);
    expect(comparisons.flatMap(({ missing, resized }) => [...missing, ...resized])).toEqual([]);
    expect(comparisons.reduce((sum, { found }) => sum + found, 0)).toBe(1);
    expect(node.store.list({ limit: 100 }).items.map(({ name }) => name)).toEqual(
      [...chunks.slice(8), stray].map(({ name }) => name).sort(),
    );
    expect(node.store.losses(10)).toEqual([]);
  });
});
