import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it } from "vitest";
import { namesOf, nameOf, openReplicaNetwork, type ReplicaNetwork } from "../anti-entropy/replica-network.fixture.ts";
import { createCollectLoop } from "./collect-loop.ts";
import { createDeletionWorkers } from "./deletion-workers.ts";
import { createForgetLoop } from "./forget-loop.ts";
import { createPurgeLoop } from "./purge-loop.ts";

const DAY_MS = 86_400_000;
const never = new AbortController().signal;
let network: ReplicaNetwork;
afterEach(() => network.close());

async function openDeletion() {
  network = await openReplicaNetwork(["a", "b", "c", "d"]);
  let queued = 0;
  const purge = createPurgeLoop(network, { graceMs: DAY_MS });
  const collect = createCollectLoop({ ...network, onQueued: () => void (queued += 1) });
  const workers = createDeletionWorkers({ ...network, isReachable: (id) => !network.node(id).isAway });
  const forget = createForgetLoop({ ...network, nodesGone: () => ["d" as NodeId] });
  /** As the sweep of all chunks does. */
  const sweep = async () => {
    for (let after: ChunkName | undefined; ; ) {
      const page = await network.catalog.page({ after, limit: 1_000 });
      collect.offer(page.filter((chunk) => !chunk.isReferenced).map(({ name }) => name));
      after = page.at(-1)?.name;
      if (after === undefined) return;
    }
  };
  const settleAll = async () => {
    await purge.run(never);
    await sweep();
    await collect.run(never);
    await workers.run(never);
  };
  return { purge, collect, workers, forget, sweep, settleAll, queued: () => queued };
}

describe("deletion", () => {
  it("takes a file's bytes from every node once its grace is over, and not before", async () => {
    const { settleAll } = await openDeletion();
    const names = namesOf(3);
    const file = await network.addFile("f", { names, nodes: ["a", "b", "c"] });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS - 1);
    await settleAll();
    expect(network.node("a").chunks.size).toBe(3);
    network.clock.advance(2);
    await settleAll();
    for (const id of ["a", "b", "c"]) expect(network.node(id).chunks.size).toBe(0);
    expect(await network.catalog.getMany(names)).toEqual(new Map());
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
  });

  it("leaves a chunk that another file still uses", async () => {
    const { settleAll } = await openDeletion();
    const [shared, own] = [nameOf("shared"), nameOf("own")];
    const file = await network.addFile("f", { names: [shared, own], nodes: ["a", "b", "c"] });
    await network.addFile("g", { names: [shared], nodes: ["a", "b", "c"] });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS + 1);
    await settleAll();
    expect([...network.node("b").chunks.keys()]).toEqual([shared]);
    expect(await network.statesOf(shared)).toEqual({ a: "active", b: "active", c: "active" });
  });

  it("reaches a node that was away when it returns", async () => {
    const { settleAll, workers } = await openDeletion();
    const file = await network.addFile("f", { names: namesOf(5), nodes: ["a", "b", "c"] });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS + 1);
    network.node("c").isAway = true;
    await settleAll();
    expect(await network.catalog.waitingDeletions()).toEqual(new Map([["c", 5]]));
    network.node("c").isAway = false;
    await workers.runNode("c" as NodeId, never);
    expect(network.node("c").chunks.size).toBe(0);
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
  });

  it("gives up on a node that cannot be reached after all, and goes on with the others", async () => {
    const { settleAll } = await openDeletion();
    const names = namesOf(300);
    const file = await network.addFile("f", { names, nodes: ["a", "b"] });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS + 1);
    network.node("a").refusal = new AppError("NODE_UNREACHABLE", "gone");
    await settleAll();
    expect(network.node("b").chunks.size).toBe(0);
    expect(network.logLines.length).toBeLessThan(10);
    network.node("a").refusal = undefined;
    await settleAll();
    expect(network.node("a").chunks.size).toBe(0);
  });

  it("passes over a copy that cannot be deleted, and tries it again the next time", async () => {
    const { settleAll } = await openDeletion();
    const names = namesOf(20).sort();
    const file = await network.addFile("f", { names, nodes: ["a"], copies: 1 });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS + 1);
    network.node("a").onDelete = (name) => {
      if (name === names[3]) throw new AppError("STORAGE_FAILURE", "the disk says no");
    };
    await settleAll();
    expect([...network.node("a").chunks.keys()]).toEqual([names[3]]);
    network.node("a").onDelete = () => undefined;
    await settleAll();
    expect(network.node("a").chunks.size).toBe(0);
  });
});

describe("the fence", () => {
  /** A deletion of one chunk that is queued and not delivered. */
  async function openQueued() {
    const parts = await openDeletion();
    const name = nameOf("x");
    const file = await network.addFile("f", { names: [name], copies: 1, nodes: ["a"] });
    await network.deleteFile(file);
    network.clock.advance(DAY_MS + 1);
    await parts.purge.run(never);
    return { ...parts, name };
  }

  const record = (name: ChunkName, epoch: number) =>
    network.catalog.recordReplica({ name, nodeId: "a" as NodeId, epoch, nowMs: network.clock.nowMs() });

  it("keeps what is stored anew before the late deletion comes", async () => {
    const { name, sweep, collect, workers } = await openQueued();
    await sweep();
    await collect.run(never);
    const epoch = network.epochs.current();
    network.node("a").store(name, epoch);
    await network.addFile("g", { names: [name], copies: 1, nodes: [] });
    await record(name, epoch);
    await workers.run(never);
    expect(network.node("a").chunks.has(name)).toBe(true);
    expect(await network.statesOf(name)).toEqual({ a: "active" });
  });

  it("keeps what is stored anew while the deletion is under way, and recorded after it was answered", async () => {
    const { name, sweep, collect, workers } = await openQueued();
    await sweep();
    await collect.run(never);
    const epoch = network.epochs.current();
    network.node("a").onDelete = () => network.node("a").store(name, epoch);
    const end = network.writing.begin(name);
    await workers.run(never);
    expect(network.node("a").deletions).toBe(0);
    end();
    await workers.run(never);
    expect(network.node("a").chunks.has(name)).toBe(true);
    // Nobody has recorded it: the deletion was queued once more, under an epoch that is later than the store.
    await network.addFile("g", { names: [name], copies: 1, nodes: [] });
    await expect(record(name, epoch)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    const again = network.epochs.current();
    network.node("a").onDelete = () => undefined;
    network.node("a").store(name, again);
    await record(name, again);
    await workers.run(never);
    expect(network.node("a").chunks.get(name)).toBe(again);
    expect(await network.statesOf(name)).toEqual({ a: "active" });
  });

  it("refuses a store that began before the deletion and is recorded after it", async () => {
    const { name, sweep, collect, workers } = await openQueued();
    const epoch = network.epochs.current();
    network.node("a").store(name, epoch);
    await sweep();
    await collect.run(never);
    await workers.run(never);
    expect(network.node("a").chunks.has(name)).toBe(false);
    await network.addFile("g", { names: [name], copies: 1, nodes: [] });
    await expect(record(name, epoch)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  });

  it("does not collect what is recorded before the collection", async () => {
    const { name, sweep, collect, workers } = await openQueued();
    await sweep();
    await network.addFile("g", { names: [name], copies: 1, nodes: ["a"] });
    expect(await collect.run(never)).toBe(0);
    await workers.run(never);
    expect(network.node("a").chunks.has(name)).toBe(true);
  });

  it("leaves what is being written to a later sweep", async () => {
    const { name, sweep, collect, queued } = await openQueued();
    await sweep();
    const end = network.writing.begin(name);
    expect(await collect.run(never)).toBe(0);
    end();
    await sweep();
    expect(await collect.run(never)).toBe(1);
    expect(queued()).toBe(1);
  });

  it("outlives a crash between the node's answer and its being noted", async () => {
    const { name, sweep, collect, workers } = await openQueued();
    await sweep();
    await collect.run(never);
    const failing = createDeletionWorkers({
      ...network,
      isReachable: () => true,
      catalog: { ...network.catalog, settleDeletions: () => Promise.reject(new Error("crash")) },
    });
    await expect(failing.run(never)).rejects.toThrow("crash");
    expect(network.node("a").chunks.has(name)).toBe(false);
    await workers.run(never);
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
    expect(network.node("a").deletions).toBe(2);
  });

  it("notes what was deleted when it is stopped half way", async () => {
    const parts = await openDeletion();
    const names = namesOf(50);
    await network.deleteFile(await network.addFile("f", { names, copies: 1, nodes: ["a"] }));
    network.clock.advance(DAY_MS + 1);
    await parts.purge.run(never);
    await parts.sweep();
    await parts.collect.run(never);
    const stopping = new AbortController();
    network.node("a").onDelete = () => {
      if (network.node("a").deletions === 20) stopping.abort(new Error("stopping"));
    };
    await expect(parts.workers.run(stopping.signal)).rejects.toThrow("stopping");
    const left = network.node("a").chunks.size;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(31);
    expect(await network.catalog.waitingDeletions()).toEqual(new Map([["a", left]]));
  });
});

describe("the purge", () => {
  it("leaves a file that is restored before its turn, and ends the others", async () => {
    const { purge } = await openDeletion();
    for (const id of ["f", "g"]) {
      await network.deleteFile(await network.addFile(id, { names: namesOf(2, id), nodes: ["a"] }));
    }
    network.clock.advance(DAY_MS + 1);
    const files = await network.catalog.filesToPurge(network.clock.nowMs() - DAY_MS, 10);
    expect(files).toHaveLength(2);
    const racing = createPurgeLoop(
      {
        ...network,
        catalog: {
          filesToPurge: network.catalog.filesToPurge,
          purgeFile: async (fileId, ...terms) => {
            if (fileId === "f") await network.restoreFile("f");
            return await network.catalog.purgeFile(fileId, ...terms);
          },
        },
      },
      { graceMs: DAY_MS },
    );
    expect(await racing.run(never)).toBe(1);
    expect(network.logLines).toHaveLength(2);
    expect(await purge.run(never)).toBe(0);
    const left = await network.metadata.read.selectFrom("files").select(["id", "state"]).execute();
    expect(left).toEqual([{ id: "f", state: "complete" }]);
    const chunks = await network.metadata.read.selectFrom("file_chunks").select("file_id").distinct().execute();
    expect(chunks).toEqual([{ file_id: "f" }]);
  });

  it("cannot be undone once it has begun", async () => {
    const { purge } = await openDeletion();
    await network.deleteFile(await network.addFile("f", { names: namesOf(3), nodes: ["a"] }));
    network.clock.advance(DAY_MS + 1);
    await network.catalog.purgeFile("f" as never, network.clock.nowMs() - DAY_MS, 1);
    await expect(network.restoreFile("f")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    expect(await purge.run(never)).toBe(1);
  });
});

describe("many deletions", () => {
  it("are 10,000 with a few hundred in memory and a few under way at a time", async () => {
    const { purge, sweep, collect, workers } = await openDeletion();
    const names = namesOf(10_000);
    await network.deleteFile(await network.addFile("f", { names, copies: 1, nodes: ["a"] }));
    network.clock.advance(DAY_MS + 1);
    await purge.run(never);
    await sweep();
    expect(await collect.run(never)).toBe(10_000);
    let pageMax = 0;
    const watched = createDeletionWorkers({
      ...network,
      isReachable: () => true,
      catalog: {
        ...network.catalog,
        deletionsOf: async (nodeId, page) => {
          pageMax = Math.max(pageMax, page.limit);
          return await network.catalog.deletionsOf(nodeId, page);
        },
      },
    });
    network.node("a").onDelete = () => Promise.resolve();
    await Promise.all([watched.run(never), watched.run(never)]);
    expect(network.node("a").chunks.size).toBe(0);
    expect(network.node("a").deletions).toBe(10_000);
    expect(network.node("a").underWayMax).toBe(4);
    expect(pageMax).toBeLessThan(1_000);
    await workers.run(never);
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
  });
});

describe("forgetting", () => {
  it("keeps a settled deletion as long as it may fence something, then forgets it", async () => {
    const { settleAll, forget } = await openDeletion();
    await network.deleteFile(await network.addFile("f", { names: namesOf(2), nodes: ["a"] }));
    network.clock.advance(DAY_MS + 1);
    await settleAll();
    const rows = async () => (await network.metadata.read.selectFrom("deletions").selectAll().execute()).length;
    network.clock.advance(3_500_000);
    await forget.run(never);
    expect(await rows()).toBe(2);
    network.clock.advance(200_000);
    await forget.run(never);
    expect(await rows()).toBe(0);
  });

  it("forgets what a node that is gone held, and nothing else", async () => {
    const { forget } = await openDeletion();
    const names = namesOf(1_500);
    await network.addFile("f", { names, copies: 1, nodes: ["a", "d"] });
    await forget.run(never);
    expect(await network.catalog.holdingsOf("d" as NodeId)).toEqual({ chunks: 0, bytes: 0 });
    expect((await network.catalog.holdingsOf("a" as NodeId)).chunks).toBe(1_500);
  });
});
