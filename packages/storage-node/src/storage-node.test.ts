import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import { openPeerHost } from "@commonhold/p2p/open-peer-host.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { readAdminAddress } from "./admin/admin-address.ts";
import type { NodeStatus } from "./admin/node-status.ts";
import { systemNodeDeps } from "./node-deps.ts";
import type { RunningNode } from "./storage-node.ts";
import { eventually } from "./testing/eventually.ts";
import { sealedChunk } from "./testing/exchange-network.ts";
import { NodeWorld, storeAt, VERSION } from "./testing/node-world.ts";
import { silentLogger } from "./testing/open-test-store.ts";

const never = new AbortController().signal;

/** Pauses of up to 6 s, such as those before a report of changes, take no time. */
/** Long enough for a file of its own. */
const FILED_LENGTH = 70_000;
/** A pack with one `sealedChunk`. */
const PACKED_BYTES = 24 + 72 + 50_000;

function quickly(sleep: Sleep): Sleep {
  return (ms, signal) => (ms <= 6000 ? delay(0) : sleep(ms, signal));
}

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

async function call(node: RunningNode, path: string, method = "GET"): Promise<NodeStatus> {
  const response = await fetch(`${node.adminUrl}${path}`, { method });
  expect(response.ok).toBe(true);
  return (await response.json()) as NodeStatus;
}

describe("a running node", () => {
  it("reports to its coordinator and shows how it is", async () => {
    const world = await NodeWorld.create();
    const { nodeId } = await world.init();
    const node = await world.start();
    await eventually(() => world.pause.isAsleep).toBe(true);
    expect(world.heartbeats).toEqual([
      {
        addresses: [expect.stringContaining(nodeId)],
        capacity_bytes: 20_000_000,
        used_bytes: 0,
        free_bytes: 20_000_000,
        free_bytes_own: 20_000_000,
        wanted_free_bytes: 0,
        chunk_count: 0,
        draining: false,
        version: VERSION,
      },
    ]);
    expect(await call(node, "/status")).toMatchObject({
      node_id: nodeId,
      name: "attic",
      status: "active",
      draining: false,
      safe_to_stop: false,
      credits: { earned: "1.5", pending: "0", paid: "0" },
      coordinator: { peer_id: world.identity.peerId, last_error: null },
      storage: { capacity_bytes: 20_000_000, used_bytes: 0, chunk_count: 0 },
      scrub: { state: "idle" },
    });
    expect(await readAdminAddress(world.folder)).toMatchObject({ url: node.adminUrl, pid: process.pid });
    expect(await node.stop()).toBe(true);
    await expect(readAdminAddress(world.folder)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
  });

  it("starts and serves while the coordinator is away, and is heard when it is back", async () => {
    const world = await NodeWorld.create();
    await world.init();
    world.answer("away");
    const node = await world.start();
    await eventually(() => world.pause.isAsleep).toBe(true);
    expect((await call(node, "/status")).coordinator).toMatchObject({
      last_heartbeat_at: null,
      last_error: { code: "COORDINATOR_UNREACHABLE" },
    });
    const stranger = await world.network.createHost(createIdentity().peerId);
    onTestFinished(() => stranger.stop(0));
    const chunk = sealedChunk(1);
    await expect(storeAt(world, { host: stranger, node, chunk })).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    const host = await world.openHost();
    await storeAt(world, { host, node, chunk });
    world.answer({});
    world.pause.wake();
    await eventually(async () => (await node.status()).coordinator.last_error).toBeNull();
    expect(world.heartbeats.at(-1)).toMatchObject({ chunk_count: 1, used_bytes: PACKED_BYTES });
  });

  it("reports soon after it stored a chunk", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start();
    await eventually(() => world.pause.isAsleep).toBe(true);
    const chunk = sealedChunk(1);
    await storeAt(world, { host: await world.openHost(), node, chunk });
    // The heartbeat's own pause, and the one after the change.
    await eventually(() => world.pause.asked.length).toBe(2);
    expect(world.pause.asked[1]).toBeLessThanOrEqual(2000);
    world.pause.wake();
    await eventually(() => world.heartbeats.at(-1)).toMatchObject({
      chunk_count: 1,
      used_bytes: PACKED_BYTES,
    });
  });

  it("drains on request, tells the coordinator at once, keeps to it after a restart and says when it is done", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const first = await world.start();
    await eventually(() => world.pause.isAsleep).toBe(true);
    world.answer({ status: "draining" });
    expect(await call(first, "/drain", "POST")).toMatchObject({
      draining: true,
      status: "draining",
      safe_to_stop: false,
    });
    expect(world.heartbeats.at(-1)).toMatchObject({ draining: true });
    await first.stop();

    world.answer({ status: "drained" });
    const second = await world.start();
    await eventually(async () => (await second.status()).safe_to_stop).toBe(true);
    expect(world.heartbeats.at(-1)).toMatchObject({ draining: true });
    const host = await world.openHost();
    await expect(storeAt(world, { host, node: second, chunk: sealedChunk(1) })).rejects.toMatchObject({
      code: "NODE_DRAINING",
    });
    expect(await call(second, "/drain", "DELETE")).toMatchObject({ draining: false, safe_to_stop: false });
    expect(world.heartbeats.at(-1)).toMatchObject({ draining: false });
    await storeAt(world, { host, node: second, chunk: sealedChunk(1) });
  });

  it("tells how far a drain is as the coordinator sees it, and forgets that when the drain is taken back", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start();
    await eventually(() => world.pause.isAsleep).toBe(true);
    const waiting = [{ reason: "no_node_with_room", chunks: 2 }];
    const drain = { chunks_left: 3, bytes_left: 4000, waiting, safe_to_stop: false };
    world.answer({ status: "draining", drain });
    expect(await call(node, "/drain", "POST")).toMatchObject({
      draining: true,
      drain: { chunks_left: 3, bytes_left: 4000, waiting },
      safe_to_stop: false,
    });
    world.answer({ status: "drained", drain: { chunks_left: 0, bytes_left: 0, safe_to_stop: true } });
    world.pause.wake();
    await eventually(async () => (await node.status()).safe_to_stop).toBe(true);
    world.answer("away");
    expect(await call(node, "/drain", "DELETE")).toMatchObject({ draining: false, drain: null, safe_to_stop: false });
    // What the coordinator said of the drain before says nothing of this one.
    const cancelledAtMs = systemClock.nowMs();
    await eventually(() => systemClock.nowMs()).toBeGreaterThan(cancelledAtMs);
    expect(await call(node, "/drain", "POST")).toMatchObject({ draining: true, drain: null, safe_to_stop: false });
    world.answer({ status: "draining", drain: { chunks_left: 0, bytes_left: 0, safe_to_stop: false } });
    world.pause.wake();
    await eventually(async () => (await node.status()).drain).toEqual({ chunks_left: 0, bytes_left: 0, waiting: [] });
    expect((await node.status()).safe_to_stop).toBe(false);
  });

  it("reports soon what it lost, and not again once that was heard", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start({ sleep: quickly(world.pause.sleep), openHost: world.deps.openHost });
    const host = await world.openHost();
    const chunk = sealedChunk(1, FILED_LENGTH);
    await storeAt(world, { host, node, chunk });
    const { name, sealed } = chunk;
    writeFileSync(join(world.folder, "chunks", name.slice(0, 1), name.slice(1, 2), name), Buffer.alloc(sealed.length));
    await call(node, "/scrub", "POST");
    await eventually(() => world.heartbeats.find((report) => report["lost"] !== undefined)).toMatchObject({
      lost: [name],
      free_bytes: 20_000_000 - sealed.length,
    });
    await eventually(async () => (await node.status()).storage).toMatchObject({
      damaged_count: 1,
      unreported_losses: 0,
    });
    const chunks = (await (await fetch(`${node.adminUrl}/chunks`)).json()) as { items: { state: string }[] };
    expect(chunks.items).toMatchObject([{ name, state: "damaged" }]);
    expect(world.heartbeats.filter((report) => report["lost"] !== undefined)).toHaveLength(1);
  });

  it("gives up what its coordinator releases once its quota is lower than what it holds", async () => {
    const world = await NodeWorld.create();
    await world.init({ storage: { max_bytes: 20_000_000 } });
    const first = await world.start();
    const host = await world.openHost();
    const chunks = Array.from({ length: 9 }, (_, seed) => sealedChunk(seed, 2_000_000));
    for (const chunk of chunks) await storeAt(world, { host, node: first, chunk });
    await first.stop();
    const evictions: Record<string, unknown>[] = [];
    world.answerEvictions((body) => {
      evictions.push(body);
      const candidates = body["candidates"] as string[];
      return { release: evictions.length > 1 ? [] : candidates.slice(0, 1), epoch: 1, leaving_bytes: 0 };
    });
    const node = await world.start({}, { storage: { max_bytes: 16 * 1024 * 1024 } });
    const wanted = 18_000_000 - 16 * 1024 * 1024;
    await eventually(() => evictions.length).toBeGreaterThan(0);
    expect(evictions[0]).toMatchObject({ wanted_bytes: wanted, strategy: "hybrid" });
    expect(world.heartbeats.at(-1)).toMatchObject({ wanted_free_bytes: wanted });
    await eventually(async () => (await node.status()).storage.chunk_count).toBe(8);
    await eventually(async () => (await node.status()).eviction).toMatchObject({
      state: "fits",
      summary: "holds no more than it may",
    });
  });

  it("scrubs on request and names what is rotten", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start({ sleep: async () => undefined, openHost: world.deps.openHost });
    const host = await world.openHost();
    const chunks = [sealedChunk(1, FILED_LENGTH), sealedChunk(2)];
    for (const chunk of chunks) await storeAt(world, { host, node, chunk });
    const { name, sealed } = chunks[0]!;
    writeFileSync(join(world.folder, "chunks", name.slice(0, 1), name.slice(1, 2), name), Buffer.alloc(sealed.length));
    expect(await call(node, "/scrub", "POST")).toMatchObject({ state: "running" });
    await eventually(async () => (await call(node, "/status")).scrub).toMatchObject({
      state: "finished",
      checked: 2,
      corrupt_count: 1,
      corrupt: [name],
    });
  });

  it("counts what it does", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start();
    const host = await world.openHost();
    const chunk = sealedChunk(1);
    await storeAt(world, { host, node, chunk });
    await eventually(async () => (await node.status()).coordinator.last_heartbeat_at).not.toBeNull();
    const metrics = async () => await (await fetch(`${node.adminUrl}/metrics`)).text();
    await eventually(metrics).toContain('commonhold_node_exchanges_total{protocol="storeChunk",outcome="OK"} 1');
    const text = await metrics();
    expect(text).toContain(`commonhold_node_stored_bytes ${chunk.sealed.length}`);
    expect(text).toContain("commonhold_node_chunks 1");
    expect(text).toContain("commonhold_node_draining 0");
    expect(text).toMatch(/commonhold_node_fsync_duration_seconds_count [1-9]/);
    expect(text).toMatch(/commonhold_node_exchange_duration_seconds_count\{protocol="storeChunk"\} 1/);
    expect(text).toMatch(/commonhold_node_heartbeat_age_seconds \d/);
    expect(text).toContain('commonhold_build_info{role="node",version="1.2.3"} 1');
  });

  it("lets a store under way end when it is stopped, and takes no other", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start();
    const host = await world.openHost();
    const chunk = sealedChunk(1, 1_000_000);
    const half = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    const target = { peerId: node.nodeId, addresses: (await node.status()).addresses };
    const storing = host.exchange(
      target,
      PROTOCOLS.storeChunk,
      ({ stream }) => {
        let written = 0;
        const slow = {
          read: (length: number) => stream.read(length),
          closeWrite: () => stream.closeWrite(),
          abort: (reason: Error) => stream.abort(reason),
          write: async (bytes: Uint8Array) => {
            if (written > 300_000) {
              half.resolve();
              await rest.promise;
            }
            written += bytes.length;
            await stream.write(bytes);
          },
        };
        const grant = world.grant(node.nodeId, "store", chunk.name);
        return requestStoreChunk(slow, { grant, chunkName: chunk.name, sealed: chunk.sealed });
      },
      { signal: never, timeoutMs: 10_000 },
    );
    await half.promise;
    const stopped = node.stop();
    await eventually(() => storeAt(world, { host, node, chunk: sealedChunk(2), target }).then(String, String)).toMatch(
      /Error/,
    );
    rest.resolve();
    expect(await storing).toEqual({ alreadyHeld: false });
    expect(await stopped).toBe(true);
    expect(existsSync(join(world.folder, "store-open"))).toBe(false);

    const again = await world.start();
    expect((await again.status()).storage.chunk_count).toBe(1);
  });

  it("has its folder for itself, and gives it back", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const node = await world.start();
    await expect(world.start()).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
    await expect(world.init({ rejoin: true })).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
    await node.stop();
    await (await world.start()).stop();
  });

  it("does not start without a membership, nor with the key of another node, and leaves the folder free", async () => {
    const world = await NodeWorld.create();
    await expect(world.start()).rejects.toMatchObject({ code: "INVALID_CONFIG" });
    await world.init();
    const stranger = await NodeWorld.create();
    await stranger.init();
    const key = readFileSync(join(world.folder, "identity.key"));
    writeFileSync(join(world.folder, "identity.key"), readFileSync(join(stranger.folder, "identity.key")));
    await expect(world.start()).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("identity.key"),
    });
    writeFileSync(join(world.folder, "identity.key"), key);
    await (await world.start()).stop();
    rmSync(join(world.folder, "credentials.json"));
    await expect(world.start()).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("init"),
    });
  });
});

describe("a node over libp2p", () => {
  it("stores and serves for its coordinator, and lets nobody else in", async () => {
    const world = await NodeWorld.create();
    await world.init();
    const { openHost } = systemNodeDeps();
    const node = await world.start({ openHost });
    const target = { peerId: node.nodeId, addresses: (await node.status()).addresses };
    expect(target.addresses[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//);
    const open = async (identity: Identity) => {
      const host = await openPeerHost({ identity, logger: silentLogger }, { listen: [], bootstrap: [] });
      onTestFinished(() => host.stop(0));
      return host;
    };
    const host = await open(world.identity);
    const chunk = sealedChunk(1, 2_000_000);
    await storeAt(world, { host, node, chunk, target });
    const read = await host.exchange(
      target,
      PROTOCOLS.retrieveChunk,
      ({ stream }) =>
        requestRetrieveChunk(stream, {
          grant: world.grant(node.nodeId, "retrieve", chunk.name),
          chunkName: chunk.name,
          lengthMax: 5_000_000,
        }),
      { signal: never, timeoutMs: 10_000 },
    );
    expect(Buffer.compare(read, chunk.sealed)).toBe(0);
    const stranger = await open(createIdentity());
    await expect(storeAt(world, { host: stranger, node, chunk: sealedChunk(2), target })).rejects.toThrow();
    expect((await node.status()).storage.chunk_count).toBe(1);
    expect(await node.stop()).toBe(true);
  });
});
