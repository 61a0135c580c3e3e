import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type BatchedChunkRef, batchNameOf } from "@commonhold/wire/batch-name.ts";
import { requestRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { ExchangeNetwork, type ServingNode, sealedChunk } from "../testing/exchange-network.ts";
import type { TestChunk } from "../testing/test-chunks.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const chunk = sealedChunk(1);
const other = sealedChunk(2);

function refOf({ name, sealed }: TestChunk): BatchedChunkRef {
  return { chunkName: name, length: sealed.length };
}

describe("a batch to store", () => {
  const third = sealedChunk(3);
  const all = [chunk, other, third];

  /** Asks to store `chunks`; the grant is for what `granted` says, by default the same. */
  async function storeBatch(
    { world, node }: { readonly world: ExchangeNetwork; readonly node: ServingNode },
    chunks: readonly TestChunk[],
    granted: readonly BatchedChunkRef[] = chunks.map(refOf),
  ) {
    const grant = world.grant(node.peerId, "store-batch", {
      chunkName: batchNameOf(granted),
      lengthMax: granted.reduce((sum, { length }) => sum + length, 0),
    });
    return await world.host.exchange(
      node.target,
      PROTOCOLS.storeBatch,
      ({ stream }) =>
        requestStoreBatch(stream, { grant, chunks: chunks.map(({ name, sealed }) => ({ chunkName: name, sealed })) }),
      { signal: new AbortController().signal, timeoutMs: 10_000 },
    );
  }

  const stored = (alreadyHeld: boolean) => ({ status: "fulfilled", value: { alreadyHeld } });
  const failed = (code: string) => ({ status: "rejected", reason: expect.objectContaining({ code }) });

  it("is stored, but for what is held, what does not fit and what is not its name's", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode({ bytesMax: 2.5 * chunk.sealed.length });
    await node.store.store(other.name, other.sealed);
    const wrong = { name: sealedChunk(4).name, sealed: sealedChunk(5).sealed };
    const tooMuch = sealedChunk(6);
    const small = sealedChunk(7, 1000);
    expect(await storeBatch({ world, node }, [wrong, other, chunk, tooMuch, small])).toEqual([
      failed("CHUNK_CORRUPT"),
      stored(true),
      stored(false),
      failed("NO_SPACE"),
      stored(false),
    ]);
    for (const { name, sealed } of [chunk, other, small]) {
      expect(Buffer.compare(await node.store.read(name), sealed)).toBe(0);
    }
    expect(node.store.totals().chunkCount).toBe(3);
    await eventually(() => node.outcomes).toEqual(["storeBatch CHUNK_CORRUPT"]);
    expect(await storeBatch({ world, node }, [chunk, other])).toEqual([stored(true), stored(true)]);
    await eventually(() => node.outcomes).toEqual(["storeBatch CHUNK_CORRUPT", "storeBatch OK"]);
  });

  it.each<[string, readonly BatchedChunkRef[]]>([
    ["fewer chunks", [chunk, other].map(refOf)],
    ["more chunks", [...all, sealedChunk(4)].map(refOf)],
    ["another order", [other, chunk, third].map(refOf)],
    ["other names", [chunk, other, sealedChunk(4)].map(refOf)],
    [
      "other lengths of the same sum",
      [refOf(chunk), { ...refOf(other), length: 1 }, { ...refOf(third), length: 99_999 }],
    ],
  ])("is refused with a grant for %s", async (_, granted) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await expect(storeBatch({ world, node }, all, granted)).rejects.toMatchObject({ code: "INVALID_GRANT" });
    expect(node.store.totals().chunkCount).toBe(0);
  });
});

describe("a batch to retrieve", () => {
  async function retrieve(
    { world, node }: { readonly world: ExchangeNetwork; readonly node: ServingNode },
    chunks: readonly BatchedChunkRef[],
    { granted = chunks, signal = new AbortController().signal } = {},
  ) {
    const grant = world.grant(node.peerId, "retrieve-batch", { chunkName: batchNameOf(granted) });
    return await world.host.exchange(
      node.target,
      PROTOCOLS.retrieveBatch,
      ({ stream }) => requestRetrieveBatch(stream, { grant, chunks }),
      { signal, timeoutMs: 10_000 },
    );
  }

  it("is given, but for what is not there or not of that length", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    for (const { name, sealed } of [chunk, other]) await node.store.store(name, sealed);
    const at = { world, node };
    const found = await retrieve(at, [refOf(sealedChunk(9)), refOf(other), { ...refOf(chunk), length: 5 }]);
    expect(found).toMatchObject([
      { reason: { code: "CHUNK_NOT_FOUND" } },
      { status: "fulfilled" },
      { reason: { code: "CHUNK_CORRUPT" } },
    ]);
    const [, had] = found as readonly PromiseFulfilledResult<Uint8Array>[];
    expect(Buffer.compare(had!.value, other.sealed)).toBe(0);
    await eventually(() => node.outcomes).toEqual(["retrieveBatch CHUNK_NOT_FOUND"]);
    expect(await retrieve(at, [refOf(chunk), refOf(other)])).toMatchObject([
      { status: "fulfilled" },
      { status: "fulfilled" },
    ]);
    await eventually(() => node.outcomes).toEqual(["retrieveBatch CHUNK_NOT_FOUND", "retrieveBatch OK"]);
  });

  it("counts as what its node has most to do with, whatever came before", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await node.store.store(chunk.name, chunk.sealed);
    const read = node.store.read.bind(node.store);
    vi.spyOn(node.store, "read").mockImplementation(async (name, options) => {
      if (name === other.name) throw new AppError("STORAGE_FAILURE", "the disk refuses");
      return await read(name, options);
    });
    const found = await retrieve({ world, node }, [sealedChunk(9), chunk, other, sealedChunk(10)].map(refOf));
    expect(found.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "rejected"]);
    await eventually(() => node.outcomes).toEqual(["retrieveBatch STORAGE_FAILURE"]);
  });

  it("takes no memory for a chunk that is longer than was asked for", async () => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    await node.store.store(chunk.name, chunk.sealed);
    const allocate = vi.fn((length: number) => new Uint8Array(length));
    const tooLong = node.store.read(chunk.name, { allocate, lengthMax: chunk.sealed.length - 1 });
    await expect(tooLong).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(allocate).not.toHaveBeenCalled();
    expect(await node.store.read(chunk.name, { allocate, lengthMax: chunk.sealed.length })).toEqual(chunk.sealed);
    const found = await retrieve({ world, node }, [{ ...refOf(chunk), length: 1 }]);
    expect(found).toMatchObject([{ reason: { code: "CHUNK_CORRUPT" } }]);
    expect(await node.store.holds(chunk.name)).toBe(true);
  });

  /** A node with chunks whose disk gives no byte until it is told to. */
  async function openSlow(count: number) {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    const chunks = Array.from({ length: count }, (_, at) => sealedChunk(100 + at, 1_000));
    for (const { name, sealed } of chunks) await node.store.store(name, sealed);
    const reads: { readonly name: ChunkName; readonly give: () => void }[] = [];
    const read = node.store.read.bind(node.store);
    vi.spyOn(node.store, "read").mockImplementation(async (name, options) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      reads.push({ name, give: resolve });
      await promise;
      return await read(name, options);
    });
    return { world, node, chunks, reads };
  }

  it("asks the disk for a few chunks at once, so that what else it is asked for comes in between", async () => {
    const { world, node, chunks, reads } = await openSlow(20);
    const asked = retrieve({ world, node }, chunks.map(refOf));
    let given = 0;
    while (given < chunks.length) {
      await eventually(() => reads.length).toBeGreaterThan(given);
      expect(reads.length - given).toBeLessThanOrEqual(4);
      reads[given++]!.give();
    }
    const found = (await asked) as readonly PromiseFulfilledResult<Uint8Array>[];
    for (const [at, { sealed }] of chunks.entries()) expect(Buffer.compare(found[at]!.value, sealed)).toBe(0);
    expect(reads.map(({ name }) => name)).toEqual(chunks.map(({ name }) => name));
  });

  it("is read no further once nobody waits for it", async () => {
    const { world, node, chunks, reads } = await openSlow(20);
    const caller = new AbortController();
    const asked = retrieve({ world, node }, chunks.map(refOf), { signal: caller.signal });
    await eventually(() => reads.length).toBeGreaterThan(0);
    caller.abort(new Error("another node answered"));
    await expect(asked).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    // The node hears of it.
    await new Promise(setImmediate);
    for (const { give } of reads) give();
    await eventually(() => node.outcomes).toEqual(["retrieveBatch PROTOCOL_ERROR"]);
    expect(reads.length).toBeLessThanOrEqual(4);
  });

  it.each<[string, readonly BatchedChunkRef[]]>([
    ["fewer chunks", [refOf(chunk)]],
    ["other chunks", [chunk, sealedChunk(4)].map(refOf)],
    ["another order", [other, chunk].map(refOf)],
  ])("is refused with a grant for %s", async (_, granted) => {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    for (const { name, sealed } of [chunk, other]) await node.store.store(name, sealed);
    const asked = retrieve({ world, node }, [chunk, other].map(refOf), { granted });
    await expect(asked).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });
});
