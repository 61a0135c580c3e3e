import { type BatchedChunkRef, batchNameOf } from "@commonhold/wire/batch-name.ts";
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

describe("a batch", () => {
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
