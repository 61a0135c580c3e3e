import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { createIdentity, verifySignature } from "@commonhold/p2p/identity.ts";
import { createMemoryNetwork } from "@commonhold/p2p/memory-host.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { serveRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { serveRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { serveStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { checkGrant } from "@commonhold/wire/grant.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { Registry } from "prom-client";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ChunkBytes } from "./node-stores.ts";
import { createNodeTransfers } from "./node-transfers.ts";
import { createGrantIssuer } from "./grant-issuer.ts";
import { createTransferMetrics } from "./transfer-metrics.ts";

const never = new AbortController().signal;
const HANDLER_LIMITS = { timeoutMs: 60_000, concurrentPerPeerMax: 100, concurrentMax: 100 };
const LIMITS = { concurrentPerNodeMax: 5, queuedPerNodeMax: 100, restMs: 5_000 };
const full = new AppError("NO_SPACE", "full");
const lost = new AppError("CHUNK_NOT_FOUND", "lost");

/** A coordinator's transfers with one node that checks grants as nodes do, and keeps what it takes. */
async function openPair(options: { readonly knowsBatches: boolean }) {
  const network = createMemoryNetwork();
  const coordinator = createIdentity();
  const host = await network.createHost(coordinator.peerId);
  const nodeId = createIdentity().peerId as NodeId;
  const node = await network.createHost(nodeId);
  onTestFinished(async () => {
    await host.stop(0);
    await node.stop(0);
  });
  const exchanges: string[][] = [];
  const refused = new Set<string>();
  const held = new Map<string, Uint8Array>();
  const hold = { until: Promise.resolve() };
  /** A batch that is read stops after so many bytes, until it is let go on. */
  const broken = { atBytes: Infinity, until: Promise.withResolvers<void>() };
  const expected = {
    node: nodeId,
    subject: coordinator.peerId,
    nowMs: systemClock.nowMs(),
    issuers: new Set([coordinator.peerId]),
  };
  const keep = async ({ chunkName, sealed }: { readonly chunkName: string; readonly sealed: Uint8Array }) => {
    expect(chunkNameOf(sealed)).toBe(chunkName);
    if (refused.has(chunkName)) throw full;
    held.set(chunkName, sealed.slice());
    return { alreadyHeld: false };
  };
  const give = async (chunkName: string) => {
    await hold.until;
    const bytes = held.get(chunkName);
    if (bytes === undefined) throw lost;
    return bytes;
  };
  await node.handle(
    PROTOCOLS.storeChunk,
    ({ stream }) =>
      serveStoreChunk(stream, {
        authorise: ({ grant, chunkName, length }) => {
          checkGrant(grant, { ...expected, action: "store", chunkName, length }, verifySignature);
          exchanges.push([chunkName]);
        },
        store: (chunkName, sealed) => keep({ chunkName, sealed }),
      }),
    HANDLER_LIMITS,
  );
  await node.handle(
    PROTOCOLS.retrieveChunk,
    ({ stream }) =>
      serveRetrieveChunk(stream, {
        authorise: ({ grant, chunkName }) => {
          checkGrant(grant, { ...expected, action: "retrieve", chunkName }, verifySignature);
          exchanges.push([chunkName]);
        },
        retrieve: async (chunkName) => {
          const bytes = await give(chunkName);
          return { length: bytes.length, bytes };
        },
      }),
    HANDLER_LIMITS,
  );
  if (options.knowsBatches) {
    await node.handle(
      PROTOCOLS.retrieveBatch,
      ({ stream }) =>
        serveRetrieveBatch(stoppingAfter(stream, broken), {
          authorise: ({ grant, batchName, chunks }) => {
            checkGrant(grant, { ...expected, action: "retrieve-batch", chunkName: batchName }, verifySignature);
            exchanges.push(chunks.map(({ chunkName }) => chunkName));
          },
          retrieve: (chunks) => Promise.allSettled(chunks.map(({ chunkName }) => give(chunkName))),
        }),
      HANDLER_LIMITS,
    );
    await node.handle(
      PROTOCOLS.storeBatch,
      ({ stream }) =>
        serveStoreBatch(stream, {
          authorise: ({ grant, batchName, length, chunks }) => {
            const wanted = { ...expected, action: "store-batch", chunkName: batchName, length } as const;
            checkGrant(grant, wanted, verifySignature);
            exchanges.push(chunks.map(({ chunkName }) => chunkName));
          },
          store: (chunks) => Promise.allSettled(chunks.map(keep)),
        }),
      HANDLER_LIMITS,
    );
  }
  const registry = new Registry();
  const transfers = createNodeTransfers(
    {
      host,
      grants: createGrantIssuer({
        issuer: coordinator.peerId,
        sign: (bytes) => coordinator.sign(bytes),
        clock: systemClock,
        random: systemRandom,
      }),
      target: () => ({ peerId: nodeId, addresses: node.addresses() }),
      operatorOf: () => "operator",
      clock: systemClock,
      metrics: createTransferMetrics(registry, systemClock),
    },
    LIMITS,
  );
  return { transfers, nodeId, node, exchanges, refused, held, hold, broken };
}

/** Bodies go out only so far. */
function stoppingAfter(
  stream: ByteStream,
  { atBytes, until }: { readonly atBytes: number; readonly until: PromiseWithResolvers<void> },
): ByteStream {
  return {
    read: (length, target) => stream.read(length, target),
    write: async (bytes) => {
      if (bytes.length < atBytes) return await stream.write(bytes);
      await stream.write(bytes.subarray(0, atBytes));
      await until.promise;
      await stream.write(bytes.subarray(atBytes));
    },
    closeWrite: () => stream.closeWrite(),
    abort: (reason) => stream.abort(reason),
  };
}

function chunks(count: number, length: number): readonly ChunkBytes[] {
  return Array.from({ length: count }, () => {
    const sealed = new Uint8Array(randomBytes(length));
    return { name: chunkNameOf(sealed), sealed, epoch: 1, ownerId: "owner" as UserId };
  });
}

it("small chunks that are due together go in one exchange, under one grant", async () => {
  const { transfers, nodeId, exchanges } = await openPair({ knowsBatches: true });
  const due = chunks(9, 10_000);
  const stores = due.map((chunk) => transfers.store(nodeId, chunk, never));
  expect(transfers.load(nodeId)).toBeGreaterThan(0);
  await Promise.all(stores);
  expect(exchanges.flat().toSorted()).toEqual(due.map(({ name }) => name).toSorted());
  expect(exchanges.length).toBeLessThanOrEqual(2);
  expect(transfers.load(nodeId)).toBe(0);
});

it("a chunk alone, and each large one, goes in an exchange of its own", async () => {
  const { transfers, nodeId, exchanges } = await openPair({ knowsBatches: true });
  const [alone] = chunks(1, 10_000);
  await transfers.store(nodeId, alone!, never);
  const large = chunks(3, 65_537);
  await Promise.all(large.map((chunk) => transfers.store(nodeId, chunk, never)));
  expect(exchanges).toEqual([[alone!.name], ...large.map(({ name }) => [name])]);
});

it("a chunk for which there is no room fails by itself", async () => {
  const { transfers, nodeId, refused } = await openPair({ knowsBatches: true });
  const due = chunks(8, 1_000);
  refused.add(due[5]!.name);
  const results = await Promise.allSettled(due.map((chunk) => transfers.store(nodeId, chunk, never)));
  expect(results.map(({ status }) => status)).toEqual(due.map((_, at) => (at === 5 ? "rejected" : "fulfilled")));
  expect(results[5]).toMatchObject({ reason: { code: "NO_SPACE" } });
});

it("a node of an older version gets them one by one", async () => {
  const { transfers, nodeId, exchanges } = await openPair({ knowsBatches: false });
  for (let round = 0; round < 3; round++) {
    const due = chunks(9, 1_000);
    await Promise.all(due.map((chunk) => transfers.store(nodeId, chunk, never)));
    expect(exchanges.splice(0).toSorted()).toEqual(due.map(({ name }) => [name]).toSorted());
    expect(transfers.isAvailable(nodeId)).toBe(true);
  }
});

it("a node of an older version is not taken for one that fails, however many batches it refuses at once", async () => {
  const { transfers, nodeId, node, held } = await openPair({ knowsBatches: false });
  const refusing = Promise.withResolvers<void>();
  let refused = 0;
  for (const kind of ["storeBatch", "retrieveBatch"] as const) {
    const refuse = async (): Promise<never> => {
      refused += 1;
      await refusing.promise;
      throw new AppError("PROTOCOL_ERROR", "what?");
    };
    await node.handle(PROTOCOLS[kind], refuse, HANDLER_LIMITS);
  }
  const due = chunks(80, 60_000);
  const there = chunks(20, 60_000);
  for (const { name, sealed } of there) held.set(name, sealed);
  const stores = due.map((chunk) => transfers.store(nodeId, chunk, never));
  await expect.poll(() => refused).toBe(4);
  const reads = there.map(async ({ name, sealed }) => {
    const target = new Uint8Array(sealed.length);
    await transfers.retrieve(nodeId, { name, sealedLength: sealed.length }, { signal: never, target });
  });
  await expect.poll(() => refused).toBe(5);
  refusing.resolve();
  const moved = await Promise.allSettled([...stores, ...reads]);
  expect(moved.filter(({ status }) => status === "rejected")).toEqual([]);
  expect(transfers.isAvailable(nodeId)).toBe(true);
});

describe("reads", () => {
  /** A node that holds some chunks. */
  async function openHolder(options: {
    readonly count: number;
    readonly length: number;
    readonly knowsBatches?: boolean;
  }) {
    const world = await openPair({ knowsBatches: true, ...options });
    const due = chunks(options.count, options.length);
    for (const { name, sealed } of due) world.held.set(name, sealed);
    const read = ({ name, sealed }: ChunkBytes, signal = never, target = new Uint8Array(sealed.length + 1)) =>
      world.transfers.retrieve(world.nodeId, { name, sealedLength: sealed.length }, { signal, target });
    return { ...world, due, read };
  }

  it("of small chunks that are due together go in one exchange, each into memory of its own", async () => {
    const { transfers, nodeId, exchanges, due, read } = await openHolder({ count: 9, length: 10_000 });
    const reads = due.map((chunk) => read(chunk));
    expect(transfers.load(nodeId)).toBeGreaterThan(0);
    for (const [at, bytes] of (await Promise.all(reads)).entries()) {
      expect(Buffer.compare(bytes, due[at]!.sealed)).toBe(0);
    }
    expect(exchanges.flat().toSorted()).toEqual(due.map(({ name }) => name).toSorted());
    expect(exchanges.length).toBeLessThanOrEqual(2);
    await expect.poll(() => transfers.load(nodeId)).toBe(0);
  });

  it("of one small chunk, and of each large one, are exchanges of their own", async () => {
    const { exchanges, due, read } = await openHolder({ count: 3, length: 65_537 });
    await Promise.all(due.map((chunk) => read(chunk)));
    expect(exchanges).toEqual(due.map(({ name }) => [name]));
    const small = await openHolder({ count: 1, length: 100 });
    expect(Buffer.compare(await small.read(small.due[0]!), small.due[0]!.sealed)).toBe(0);
    expect(small.exchanges).toEqual([[small.due[0]!.name]]);
  });

  it("of a chunk that is lost fail by themselves, and the node is not to blame", async () => {
    const { transfers, nodeId, held, due, read } = await openHolder({ count: 9, length: 1_000 });
    for (const { name } of due.slice(2)) held.delete(name);
    const results = await Promise.allSettled(due.map((chunk) => read(chunk)));
    expect(results.map(({ status }) => status)).toEqual(due.map((_, at) => (at < 2 ? "fulfilled" : "rejected")));
    expect(results[5]).toMatchObject({ reason: { code: "CHUNK_NOT_FOUND" } });
    expect(transfers.isAvailable(nodeId)).toBe(true);
  });

  it("that are given up leave the others alone, and touch no memory that is not theirs any more", async () => {
    const { hold, exchanges, due, read } = await openHolder({ count: 4, length: 1_000 });
    const holding = Promise.withResolvers<void>();
    hold.until = holding.promise;
    const [left, ...others] = due;
    const memory = new Uint8Array(1_000);
    const caller = new AbortController();
    const reason = new Error("another node answered");
    const asked = [read(left!, caller.signal, memory), ...others.map((chunk) => read(chunk))];
    const given = expect(asked[0]).rejects.toBe(reason);
    await expect.poll(() => exchanges.flat()).toContain(left!.name);
    caller.abort(reason);
    await given;
    memory.fill(7);
    holding.resolve();
    for (const [at, bytes] of (await Promise.all(asked.slice(1))).entries()) {
      expect(Buffer.compare(bytes, others[at]!.sealed)).toBe(0);
    }
    expect(memory.every((byte) => byte === 7)).toBe(true);
  });

  it("of what came before a node stopped in the middle are given; the others fail with it", async () => {
    const { broken, exchanges, due, read } = await openHolder({ count: 6, length: 1_000 });
    broken.atBytes = 2_500;
    const [first, ...others] = due;
    const caller = new AbortController();
    const asked = [read(first!), ...others.map((chunk) => read(chunk, caller.signal))];
    const results = asked.map((each) =>
      each.then(
        () => "read",
        (error: AppError) => error.code,
      ),
    );
    await expect.poll(() => exchanges.length).toBeGreaterThan(0);
    const [sent] = exchanges.toSorted((a, b) => b.length - a.length);
    expect(sent!.length).toBeGreaterThan(2);
    const place = (at: number) => sent!.indexOf(due[at]!.name);
    const arrived = due.flatMap((_, at) => (place(at) >= 0 && place(at) < 2 ? [results[at]!] : []));
    expect(await Promise.all(arrived)).toEqual(["read", "read"]);
    caller.abort(new AppError("TIMEOUT", "too late"));
    broken.until.resolve();
    expect((await Promise.all(results)).filter((each) => each !== "read").length).toBe(sent!.length - 2);
  });

  it("that bring fewer bytes than the chunk has fail, alone or together", async () => {
    const { held, due, read, transfers, nodeId } = await openHolder({ count: 4, length: 1_000 });
    for (const { name, sealed } of due) held.set(name, sealed.subarray(0, 999));
    const memory = due[0]!.sealed.slice();
    await expect(read(due[0]!, never, memory)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    const results = await Promise.allSettled(due.map((chunk) => read(chunk)));
    expect(results).toMatchObject(due.map(() => ({ reason: { code: "CHUNK_CORRUPT" } })));
    expect(transfers.isAvailable(nodeId)).toBe(true);
  });

  it("at a node of an older version go one by one", async () => {
    const { transfers, nodeId, exchanges, due, read } = await openHolder({
      count: 9,
      length: 1_000,
      knowsBatches: false,
    });
    for (let round = 0; round < 3; round++) {
      for (const [at, bytes] of (await Promise.all(due.map((chunk) => read(chunk)))).entries()) {
        expect(Buffer.compare(bytes, due[at]!.sealed)).toBe(0);
      }
      expect(exchanges.splice(0).toSorted()).toEqual(due.map(({ name }) => [name]).toSorted());
      expect(transfers.isAvailable(nodeId)).toBe(true);
    }
  });
});
