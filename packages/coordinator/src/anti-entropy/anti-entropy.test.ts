import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it } from "vitest";
import { createDeletionWorkers } from "../deletion/deletion-workers.ts";
import { createAntiEntropy } from "./anti-entropy.ts";
import { ChunksBeingWritten } from "./chunks-being-written.ts";
import { createCompareInventory } from "./inventory-comparison.ts";
import { createLossReports } from "./loss-reports.ts";
import { namesOf, nameOf, openReplicaNetwork, type ReplicaNetwork } from "./replica-network.fixture.ts";

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const [a, b, c, d] = ["a", "b", "c", "d"] as [NodeId, NodeId, NodeId, NodeId];
let network: ReplicaNetwork;
afterEach(() => network.close());

async function openComparison() {
  network = await openReplicaNetwork([a, b, c, d]);
  const compare = createCompareInventory({ ...network, onQueued: () => undefined });
  const workers = createDeletionWorkers({ ...network, isReachable: () => true });
  return { compare, workers };
}

describe("comparing inventories", () => {
  it("finds nothing to do where a node holds what it should hold", async () => {
    const { compare } = await openComparison();
    await network.addFile("f", { names: namesOf(600), nodes: [a, b, c] });
    network.clock.advance(1);
    const result = await compare(a, never);
    expect(result).toMatchObject({ held: 600, bucketsCompared: 0, doubted: 0, recorded: 0, strays: 0 });
  });

  it("no longer counts what a node hides or has lost, and asks for its repair", async () => {
    const { compare } = await openComparison();
    const names = namesOf(300);
    await network.addFile("f", { names, nodes: [a, b, c] });
    network.clock.advance(1);
    const [lost, hidden] = [names[7]!, names[90]!];
    network.node(a).chunks.delete(lost);
    network.node(a).hidden.add(hidden);
    expect(await compare(a, never)).toMatchObject({ doubted: 2, strays: 0 });
    expect(await network.statesOf(lost)).toEqual({ a: "doubtful", b: "active", c: "active" });
    expect(new Set(network.requested)).toEqual(new Set([lost, hidden]));
    // It showed what it had hidden: once that is proved, it counts again.
    network.node(a).hidden.clear();
    expect(await compare(a, never)).toMatchObject({ recorded: 1, checked: 1, doubted: 0 });
    expect((await network.statesOf(hidden))["a"]).toBe("active");
  });

  it("does not count what a node lists and does not have, whatever it says", async () => {
    const { compare, workers } = await openComparison();
    const [wanted, doubted] = [nameOf("wanted"), nameOf("doubted")];
    await network.addFile("f", { names: [wanted, doubted], nodes: [b, c] });
    await network.setReplica(doubted, a, "doubtful");
    network.node(a).claimed.add(wanted).add(doubted);
    network.clock.advance(1);
    const result = await compare(a, never);
    expect(result).toMatchObject({ checked: 2, refuted: 2, recorded: 0, strays: 1 });
    expect(await network.statesOf(wanted)).toEqual({ b: "active", c: "active" });
    expect((await network.statesOf(doubted))["a"]).toBe("doubtful");
    await workers.run(never);
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
  });

  it("does not believe in a copy that was found to be wrong, as long as it is", async () => {
    const { compare } = await openComparison();
    const name = nameOf("rotten");
    await network.addFile("f", { names: [name], nodes: [a, b, c] });
    await network.setReplica(name, a, "doubtful");
    network.node(a).rotten.add(name);
    expect(await compare(a, never)).toMatchObject({ refuted: 1, recorded: 0, strays: 0 });
    expect((await network.statesOf(name))["a"]).toBe("doubtful");
  });

  it("takes up a copy that is wanted and proved, and has one deleted that is not needed", async () => {
    const { compare, workers } = await openComparison();
    const [wanted, needless, handedOff] = [nameOf("wanted"), nameOf("needless"), nameOf("handed off")];
    await network.addFile("f", { names: [wanted], nodes: [a, b] });
    await network.addFile("g", { names: [needless], nodes: [a, b, c] });
    await network.addFile("h", { names: [handedOff], nodes: [a, b] });
    await network.setReplica(handedOff, d, "pending");
    for (const name of [wanted, needless, handedOff]) network.node(d).store(name, 0);
    expect(await compare(d, never)).toMatchObject({ recorded: 2, strays: 1 });
    expect((await network.statesOf(wanted))["d"]).toBe("active");
    expect((await network.statesOf(handedOff))["d"]).toBe("active");
    await workers.run(never);
    expect([...network.node(d).chunks.keys()].sort()).toEqual([wanted, handedOff].sort());
  });

  it("has what nobody knows deleted, but nothing of an upload under way", async () => {
    const { compare, workers } = await openComparison();
    const [stray, uploading] = [nameOf("stray"), nameOf("uploading")];
    network.node(a).store(stray, 0);
    network.node(a).store(uploading, 0);
    const end = network.writing.begin(uploading);
    expect(await compare(a, never)).toMatchObject({ strays: 1, unknown: 1 });
    await workers.run(never);
    expect([...network.node(a).chunks.keys()]).toEqual([uploading]);
    await network.addFile("f", { names: [uploading], nodes: [a], copies: 1 });
    end();
    network.clock.advance(1);
    expect(await compare(a, never)).toMatchObject({ bucketsCompared: 0 });
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
  });

  it("sees an upload that ends between the listing and the look into the catalog", async () => {
    const { compare } = await openComparison();
    const name = nameOf("uploading");
    network.node(a).store(name, 0);
    network.node(a).onList = async () => {
      if ((await network.catalog.get(name)) === undefined) {
        await network.addFile("f", { names: [name], nodes: [a], copies: 1 });
      }
    };
    expect(await compare(a, never)).toMatchObject({ strays: 0, recorded: 0 });
  });

  it("does not doubt what came, or changed, since it began", async () => {
    const { compare } = await openComparison();
    const [fresh, moved] = [nameOf("fresh"), nameOf("moved")];
    await network.addFile("f", { names: [moved], nodes: [a, b, c] });
    network.clock.advance(10);
    network.node(a).chunks.delete(moved);
    network.node(a).onList = async () => {
      network.clock.advance(10);
      await network.addFile("g", { names: [fresh], nodes: [a, b, c] });
      network.node(a).chunks.delete(fresh);
      await network.setReplica(moved, a, "leaving");
    };
    // Both are dropped from the listing; one is too new, the other changed its state and is looked at anew.
    const result = await compare(a, never);
    expect((await network.statesOf(fresh))["a"]).toBe("active");
    expect((await network.statesOf(moved))["a"]).toBe("leaving");
    expect(result.doubted).toBe(0);
  });

  it("leaves alone what the node shall delete anyway", async () => {
    const { compare } = await openComparison();
    const names = namesOf(3);
    for (const name of names) network.node(a).store(name, 0);
    await network.catalog.deleteStrays(a, names, { epoch: network.epochs.next(), nowMs: 0 });
    const before = await network.catalog.deletionsOf(a, { limit: 10 });
    expect(await compare(a, never)).toMatchObject({ strays: 0, unknown: 0 });
    expect(await network.catalog.deletionsOf(a, { limit: 10 })).toEqual(before);
  });

  it("does not empty a node of which it knows nothing, as after an old backup", async () => {
    const { compare } = await openComparison();
    for (const name of namesOf(5_000)) network.node(a).store(name, 0);
    const result = await compare(a, never);
    expect(result.strays).toBeLessThanOrEqual(1_000);
    expect(network.logLines.some(({ level }) => level === 50 || level === "error")).toBe(true);
  });

  it("refuses a listing that is out of order or never ends", async () => {
    const { compare } = await openComparison();
    network.node(a).store(nameOf(1), 0);
    const endless = createCompareInventory({
      ...network,
      onQueued: () => undefined,
      transfers: { ...network.transfers, inventory: () => Promise.resolve({ names: [], more: true }) },
    });
    await expect(endless(a, never)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    const twice = [nameOf(1), nameOf(1)];
    const unordered = createCompareInventory({
      ...network,
      onQueued: () => undefined,
      transfers: { ...network.transfers, inventory: () => Promise.resolve({ names: twice, more: false }) },
    });
    await expect(unordered(a, never)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    network.node(a).isAway = true;
    await expect(compare(a, never)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
  });
});

describe("anti-entropy", () => {
  async function openSchedule(fails: () => boolean = () => false) {
    network = await openReplicaNetwork([a, b, c, d]);
    const compared: NodeId[] = [];
    const service = createAntiEntropy({
      compare: (nodeId) => {
        compared.push(nodeId);
        if (fails()) return Promise.reject(new AppError("TIMEOUT", "too slow"));
        return Promise.resolve({ isPartial: false } as never);
      },
      liveNodes: network.liveNodes,
      clock: network.clock,
      random: { bytes: () => new Uint8Array(0), fraction: () => 0.5 },
      logger: network.logger,
    });
    const runFor = async (ms: number) => {
      for (let elapsed = 0; elapsed < ms; elapsed += 10_000) {
        await service.run(never);
        network.clock.advance(10_000);
      }
    };
    return { service, compared, runFor };
  }

  it("compares every node once an hour, each at its own time", async () => {
    const { compared, runFor } = await openSchedule();
    await runFor(HOUR_MS);
    expect([...compared].sort()).toEqual([a, b, c, d]);
    await runFor(HOUR_MS);
    expect(compared).toHaveLength(8);
  });

  it("compares a node soon when that is asked for, and again when it fails", async () => {
    let failures = 1;
    const { service, compared, runFor } = await openSchedule(() => failures-- > 0);
    service.request(b);
    await runFor(30_000);
    expect(compared).toEqual([]);
    await runFor(20_000);
    expect(compared).toEqual([b]);
    await runFor(60_000);
    expect(compared).toEqual([b, b]);
  });

  it("leaves a node in peace that is not there", async () => {
    const { compared, runFor } = await openSchedule();
    for (const id of [a, b, c]) network.standings.set(id, "offline");
    await runFor(HOUR_MS);
    expect(compared).toEqual([d]);
  });
});

describe("loss reports", () => {
  it("are written down before they are confirmed, in pieces, and have the node compared", async () => {
    network = await openReplicaNetwork([a, b, c]);
    const asked: NodeId[] = [];
    const reports = createLossReports({ ...network, requestComparison: (id) => void asked.push(id) });
    const names = namesOf(800);
    await network.addFile("f", { names, nodes: [a, b] });
    expect(await reports.report(a, [...names, nameOf("unknown")])).toBe(800);
    expect((await network.statesOf(names[799]!))["a"]).toBe("doubtful");
    expect(network.requested).toHaveLength(801);
    expect(asked).toEqual([a]);
    expect(await reports.report(a, names)).toBe(0);
    expect(asked).toEqual([a]);
  });
});

describe("chunks being written", () => {
  it("are so until the last of their writers has ended", async () => {
    network = await openReplicaNetwork([a]);
    const writing = new ChunksBeingWritten();
    const name = nameOf(1);
    const [first, second] = [writing.begin(name), writing.begin(name)];
    const isOver = writing.barrier();
    first();
    first();
    expect(writing.has(name)).toBe(true);
    const later = writing.begin(nameOf(2));
    expect(isOver()).toBe(false);
    second();
    expect(writing.has(name)).toBe(false);
    expect(isOver()).toBe(true);
    later();
  });
});
