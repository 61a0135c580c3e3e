import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import { InventoryResponseSchema, RetrieveChunkResponseSchema } from "../gen/commonhold_pb.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { writeMessage } from "../message.ts";
import { SEALED_LENGTH_MAX } from "../protocols.ts";
import { CHUNK, chunkNameOf, sampleGrant, sha256 } from "../testing/samples.ts";
import { requestDeleteChunk, serveDeleteChunk } from "./delete-chunk.ts";
import { requestInventory, requestInventorySummary, serveInventory } from "./inventory.ts";
import { type ReplicateChunkOrder, requestReplicateChunk, serveReplicateChunk } from "./replicate-chunk.ts";
import { requestRetrieveChunk, serveRetrieveChunk } from "./retrieve-chunk.ts";

import { allow, exchange, refuse } from "../testing/exchange-pair.ts";

const grant = sampleGrant();

describe("retrieve-chunk", () => {
  const bytes = randomBytes(1_000_000);
  const request = (stream: ByteStream) => requestRetrieveChunk(stream, { grant, chunkName: CHUNK, lengthMax: 1e6 });

  async function* inPieces() {
    for (let offset = 0; offset < bytes.length; offset += 300_001) yield bytes.subarray(offset, offset + 300_001);
  }

  it.each([
    ["whole", () => bytes],
    ["as it is read", inPieces],
  ])("brings the body %s", async (_, body) => {
    const received = await exchange(request, (stream) =>
      serveRetrieveChunk(stream, {
        authorise: (claim) => expect(claim).toMatchObject({ grant, chunkName: CHUNK }) as undefined,
        retrieve: async () => ({ length: bytes.length, bytes: body() }),
      }),
    );
    expect(bytes.equals(received)).toBe(true);
  });

  it("refuses before it looks for the chunk", async () => {
    const retrieve = async () => {
      throw new AppError("INTERNAL", "looked");
    };
    const refused = exchange(request, (stream) => serveRetrieveChunk(stream, { authorise: refuse, retrieve }));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });

  it("takes no more than was asked for", async () => {
    const [near, far] = createMemoryStreamPair();
    const tooMuch = requestRetrieveChunk(near, { grant, chunkName: CHUNK, lengthMax: bytes.length - 1 });
    const served = serveRetrieveChunk(far, {
      authorise: allow,
      retrieve: async () => ({ length: bytes.length, bytes }),
    });
    await expect(tooMuch).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    near.abort(new AppError("PROTOCOL_ERROR", "too much"));
    await expect(served).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it.each([
    [2n ** 63n, "CHUNK_CORRUPT"],
    [BigInt(SEALED_LENGTH_MAX) + 1n, "PROTOCOL_ERROR"],
    [0n, "CHUNK_CORRUPT"],
  ])("refuses an announced length of %d, that no chunk has, before memory is taken", async (length, code) => {
    const [near, far] = createMemoryStreamPair();
    const lengths: number[] = [];
    const watched: ByteStream = {
      read: (length) => {
        lengths.push(length);
        return near.read(length);
      },
      write: (written) => near.write(written),
      closeWrite: () => near.closeWrite(),
      abort: (reason) => near.abort(reason),
    };
    const refused = requestRetrieveChunk(watched, { grant, chunkName: CHUNK, lengthMax: Number.MAX_SAFE_INTEGER });
    const init = { status: { code: "OK", message: "" }, length };
    await writeMessage(far, RetrieveChunkResponseSchema, { init, maxBytes: 100 });
    await expect(refused).rejects.toMatchObject({ code });
    expect(Math.max(...lengths)).toBeLessThan(100);
  });

  it.each([
    ["shorter", bytes.length + 1],
    ["longer", bytes.length - 1],
  ])("throws when the body is %s than announced", async (_, length) => {
    const [near, far] = createMemoryStreamPair({ windowBytes: 2e6 });
    const served = serveRetrieveChunk(far, { authorise: allow, retrieve: async () => ({ length, bytes }) });
    const received = requestRetrieveChunk(near, { grant, chunkName: CHUNK, lengthMax: 2e6 });
    received.catch(() => {});
    await expect(served).rejects.toMatchObject({ code: "INTERNAL" });
    far.abort(new AppError("INTERNAL", "wrong length"));
    await expect(received).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("delete-chunk", () => {
  const request = (stream: ByteStream) => requestDeleteChunk(stream, { grant, chunkName: CHUNK });

  it.each([
    [true, false],
    [false, false],
    [true, true],
  ])("says whether the chunk was held (%s) and was stored anew (%s)", async (wasHeld, storedAnew) => {
    const deleted: ChunkName[] = [];
    const result = await exchange(request, (stream) =>
      serveDeleteChunk(stream, {
        authorise: (claim) => expect(claim).toMatchObject({ grant, chunkName: CHUNK }) as undefined,
        delete: async (chunkName) => {
          deleted.push(chunkName);
          return { wasHeld, storedAnew };
        },
      }),
    );
    expect(result).toEqual({ wasHeld, storedAnew });
    expect(deleted).toEqual([CHUNK]);
  });

  it("deletes nothing when refused", async () => {
    const deleted: ChunkName[] = [];
    const refused = exchange(request, (stream) =>
      serveDeleteChunk(stream, {
        authorise: refuse,
        delete: async (chunkName) => {
          deleted.push(chunkName);
          return { wasHeld: true, storedAnew: false };
        },
      }),
    );
    await expect(refused).rejects.toMatchObject({ code: "INVALID_GRANT" });
    expect(deleted).toEqual([]);
  });
});

describe("replicate-chunk", () => {
  const order: ReplicateChunkOrder = {
    chunkName: CHUNK,
    length: 77,
    source: { peerId: "12D3KooWsource", addresses: ["/ip4/10.0.0.1/tcp/4001", "/ip4/10.0.0.1/udp/4001/quic-v1"] },
    sourceGrant: sampleGrant({ action: "retrieve" }),
  };

  it("carries the order", async () => {
    const claims: unknown[] = [];
    const result = await exchange(
      (stream) => requestReplicateChunk(stream, { ...order, grant }),
      (stream) =>
        serveReplicateChunk(stream, {
          authorise: (claim) => void claims.push(claim),
          replicate: async (received) => {
            expect(received).toMatchObject(order);
            return { alreadyHeld: true };
          },
        }),
    );
    expect(result).toEqual({ alreadyHeld: true });
    expect(claims).toMatchObject([{ ...order, grant }]);
  });

  it("leaves out addresses that the node would not take", async () => {
    const addresses = [...Array.from({ length: 20 }, (_, index) => `/ip4/10.0.0.${index}/tcp/1`), "/".repeat(600)];
    await exchange(
      (stream) => requestReplicateChunk(stream, { ...order, source: { peerId: "x", addresses }, grant }),
      (stream) =>
        serveReplicateChunk(stream, {
          authorise: allow,
          replicate: async (received) => {
            expect(received.source.addresses).toEqual(addresses.slice(0, 16));
            return { alreadyHeld: false };
          },
        }),
    );
  });
});

describe("inventory", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => chunkNameOf(String(index))).sort();
  const { buckets, root } = summariseInventory(names, sha256);
  const summary = { buckets, root };

  function serve(page: { chunkNames: ChunkName[]; more: boolean }, queries: unknown[] = []) {
    return (stream: ByteStream) =>
      serveInventory(stream, {
        authorise: allow,
        list: async (query) => {
          queries.push(query);
          return page;
        },
        summarise: async () => summary,
      });
  }

  it("carries the largest page", async () => {
    const queries: unknown[] = [];
    const page = await exchange(
      (stream) => requestInventory(stream, { limit: 10_000, grant }),
      serve({ chunkNames: names, more: true }, queries),
    );
    expect(page).toEqual({ chunkNames: names, more: true });
    expect(queries).toEqual([{ limit: 10_000 }]);
  });

  it("asks for what comes after a name", async () => {
    const queries: unknown[] = [];
    const page = await exchange(
      (stream) => requestInventory(stream, { after: names[4]!, limit: 2, grant }),
      serve({ chunkNames: names.slice(5, 7), more: false }, queries),
    );
    expect(page).toEqual({ chunkNames: names.slice(5, 7), more: false });
    expect(queries).toEqual([{ after: names[4], limit: 2 }]);
  });

  it("asks for what lies between two names", async () => {
    const queries: unknown[] = [];
    const between = { after: names[4]!, until: names[6]!, limit: 10 };
    const page = await exchange(
      (stream) => requestInventory(stream, { ...between, grant }),
      serve({ chunkNames: names.slice(5, 7), more: false }, queries),
    );
    expect(page.chunkNames).toEqual(names.slice(5, 7));
    expect(queries).toEqual([between]);
    const beyond = exchange(
      (stream) => requestInventory(stream, { ...between, grant }),
      serve({ chunkNames: names.slice(5, 8), more: false }),
    );
    await expect(beyond).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("carries the summary of all names, and nothing else then", async () => {
    const queries: unknown[] = [];
    const request = (stream: ByteStream) => requestInventorySummary(stream, { grant });
    expect(await exchange(request, serve({ chunkNames: names, more: true }, queries))).toEqual(summary);
    expect(queries).toEqual([]);
    const claims: unknown[] = [];
    await exchange(request, (stream) =>
      serveInventory(stream, {
        authorise: (claim) => void claims.push(claim),
        list: async () => ({ chunkNames: [], more: false }),
        summarise: async () => summary,
      }),
    );
    expect(claims).toEqual([{ grant, summary: true }]);
    await expect(
      exchange(request, (stream) =>
        serveInventory(stream, {
          authorise: refuse,
          list: async () => ({ chunkNames: [], more: false }),
          summarise: async () => {
            throw new Error("asked without leave");
          },
        }),
      ),
    ).rejects.toMatchObject({ code: "INVALID_GRANT" });
  });

  it.each([
    ["none, as from a node that knows of none", 0],
    ["one that is cut short", 256 * 36 - 1],
    ["one that is too long", 256 * 36 + 1],
  ])("refuses %s for a summary", async (_, length) => {
    const [near, far] = createMemoryStreamPair();
    const refused = requestInventorySummary(near, { grant });
    const init = {
      status: { code: "OK", message: "" },
      chunkNames: [new Uint8Array(32)],
      summary: new Uint8Array(length),
    };
    await writeMessage(far, InventoryResponseSchema, { init, maxBytes: 20_000 });
    await expect(refused).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it.each([
    ["out of order", { chunkNames: [names[7]!, names[6]!], more: false }],
    ["that begins too early", { chunkNames: [names[4]!], more: false }],
    ["longer than asked", { chunkNames: names.slice(5, 9), more: false }],
    ["that never ends", { chunkNames: [], more: true }],
  ])("refuses a page %s", async (_, page) => {
    const refused = exchange((stream) => requestInventory(stream, { after: names[4]!, limit: 3, grant }), serve(page));
    await expect(refused).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it.each([0, 10_001])("refuses a limit of %s", async (limit) => {
    const refused = exchange(
      (stream) => requestInventory(stream, { limit, grant }),
      serve({ chunkNames: [], more: false }),
    );
    await expect(refused).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
