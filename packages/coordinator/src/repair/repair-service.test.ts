import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRepairFixture, LENGTH, type RepairFixture } from "./repair.fixture.ts";
import type { RepairOptions } from "./repair-options.ts";
import type { RepairService } from "./repair-service.ts";

const MINUTE_MS = 60_000;
const id = (number: number) => `n${number}` as NodeId;
const [N0, N1, N2, N3, N4, N5] = [id(0), id(1), id(2), id(3), id(4), id(5)];

let fixture: RepairFixture;
let service: RepairService;

async function open(nodes: number, options: Partial<RepairOptions> = {}): Promise<void> {
  fixture = await createRepairFixture(nodes, options);
  service = fixture.open();
}

beforeEach(() => open(6));
afterEach(() => service.stop());

const copied = () => fixture.transfers.calls.map(({ name }) => name);

describe("a node that dies", () => {
  it("has its chunks copied, by one of the other holders to a node that had none", async () => {
    const name = fixture.store([N0, N1, N2]);
    fixture.store([N3, N4, N5]);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(100);
    expect(fixture.transfers.calls).toHaveLength(1);
    const [call] = fixture.transfers.calls;
    expect(call).toMatchObject({ name, epoch: 0 });
    expect([N1, N2]).toContain(call!.source);
    expect([N3, N4, N5]).toContain(call!.target);
    expect(await fixture.holders(name)).toContain(call!.target);
    expect(service.status()).toMatchObject({ repairedCopies: 1, repairedBytes: LENGTH, queue: { length: 0 } });
    expect(service.isIdle).toBe(true);
  });

  it("costs nothing while it is only suspect, but for chunks that one node only surely has", async () => {
    fixture.store([N0, N1, N2]);
    const endangered = fixture.store([N0, N1], { copies: 2 });
    fixture.nodes.set(N0, "suspect");
    await fixture.time.pass(100);
    expect(copied()).toEqual([endangered]);
    expect(fixture.transfers.calls[0]!.source).toBe(N1);
  });

  it("and returns: what is queued by then is not copied any more", async () => {
    fixture.transfers.copyMs = 1_000;
    service.configure({ isPaused: false, throttle: { concurrent: 1 } });
    for (let i = 0; i < 5; i++) fixture.store([N0, N1, N2]);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(500);
    fixture.nodes.set(N0, "active");
    await fixture.time.pass(MINUTE_MS);
    expect(fixture.transfers.calls).toHaveLength(1);
    expect(service.status().queue.length).toBe(0);
  });

  it("has the most endangered copied first, then what matters most", async () => {
    service.configure({ isPaused: true, throttle: { concurrent: 1 } });
    const low = fixture.store([N0, N1, N2], { priority: "low" });
    const high = fixture.store([N0, N1, N2], { priority: "high" });
    const last = fixture.store([N0, N1], { copies: 2, priority: "low" });
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(100);
    expect(copied()).toEqual([]);
    service.configure({ isPaused: false, throttle: { concurrent: 1 } });
    await fixture.time.pass(1_000);
    expect(copied()).toEqual([last, high, low]);
  });

  it("has each chunk copied as often as it lost copies, the one that lost most first", async () => {
    service.configure({ isPaused: true, throttle: { concurrent: 1 } });
    const twice = fixture.store([N0, N1, N2], { copies: 3 });
    const once = fixture.store([N0, N2, N3], { copies: 3 });
    fixture.nodes.set(N0, "offline");
    fixture.nodes.set(N1, "offline");
    await fixture.time.pass(100);
    service.configure({ isPaused: false, throttle: { concurrent: 1 } });
    await fixture.time.pass(1_000);
    expect(copied()[0]).toBe(twice);
    expect([...copied()].sort()).toEqual([twice, twice, once].sort());
    expect(await fixture.holders(twice)).toHaveLength(5);
  });
});

describe("the brake", () => {
  it("lets only what is critical be repaired while more than half of the nodes went away at once", async () => {
    fixture.store([N0, N4, N5]);
    const endangered = fixture.store([N0, N1, N5]);
    for (const id of [N0, N1, N2, N3]) fixture.nodes.set(id, "offline");
    await fixture.time.pass(MINUTE_MS);
    expect(new Set(copied())).toEqual(new Set([endangered]));
    expect(service.status().brake).toEqual({ kind: "many_away", away: 4, nodes: 6 });
    fixture.nodes.set(N3, "active");
    await fixture.time.pass(2_000);
    expect(new Set(copied()).size).toBe(2);
  });

  it("forgets those that went away long ago", async () => {
    await service.stop();
    await open(7);
    fixture.store([N0, N4, N5]);
    for (const id of [N0, N1, N2, N3]) fixture.nodes.set(id, "offline");
    await fixture.time.pass(MINUTE_MS);
    expect(copied()).toEqual([]);
    await fixture.time.pass(62 * MINUTE_MS);
    expect(service.status().brake).toBeUndefined();
    expect(copied()).toHaveLength(1);
  });

  it("lets nothing be repaired while nodes are only awaited after a start", async () => {
    const endangered = fixture.store([N0, N1], { copies: 2 });
    fixture.nodes.set(N0, "suspect", { isAwaited: true });
    await fixture.sweep(service);
    await fixture.time.pass(MINUTE_MS);
    expect(copied()).toEqual([]);
    expect(service.status()).toMatchObject({ brake: { kind: "starting" }, queue: { byUrgency: { critical: 1 } } });
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(100);
    expect(copied()).toEqual([endangered]);
  });
});

describe("limits", () => {
  it("on copies at once, in all and of each node", async () => {
    await service.stop();
    await open(6, { concurrent: 3, concurrentPerNode: 1 });
    for (let i = 0; i < 20; i++) fixture.store([N0, N1, N2]);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(10_000);
    expect(fixture.transfers.calls).toHaveLength(20);
    expect(fixture.transfers.underWayMax).toBe(2);
    const starts = (id: NodeId) =>
      fixture.transfers.calls.filter(({ source, target }) => source === id || target === id).map(({ atMs }) => atMs);
    for (const id of fixture.ids) {
      const times = starts(id);
      for (const [i, atMs] of times.entries()) if (i > 0) expect(atMs - times[i - 1]!).toBeGreaterThanOrEqual(10);
    }
  });

  it("on copies of each node, however many more chunks wait for the same nodes", async () => {
    await service.stop();
    await open(6, { concurrentPerNode: 1, putAsideMax: 4 });
    for (let i = 0; i < 200; i++) fixture.store([N0, N1], { copies: 2 });
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(3_000);
    expect(fixture.transfers.calls).toHaveLength(200);
    expect(fixture.transfers.underWayMax).toBe(1);
  });

  it("on bytes a second", async () => {
    await service.stop();
    await open(6, { bytesPerSecond: 2 * LENGTH, concurrent: 10, concurrentPerNode: 10 });
    for (let i = 0; i < 22; i++) fixture.store([N0, N1, N2]);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(5_000);
    // A second's worth passes at once.
    expect(fixture.transfers.calls.length).toBeGreaterThanOrEqual(11);
    expect(fixture.transfers.calls.length).toBeLessThanOrEqual(13);
    expect(service.status().secondsLeft).toBeGreaterThan(3);
    expect(service.status(), "between two copies").toMatchObject({ underWay: [], isRunning: true });
    service.configure({ isPaused: false, throttle: { bytesPerSecond: 100 * LENGTH } });
    await fixture.time.pass(1_000);
    expect(fixture.transfers.calls).toHaveLength(22);
    expect(service.status()).toMatchObject({ bytesLeft: 0, isRunning: false });
  });

  it("on the queue: what found no room in it is found again", async () => {
    await service.stop();
    await open(6, { queuedMax: 20, concurrent: 1 });
    for (let i = 0; i < 100; i++) fixture.store([N0, N1, N2]);
    service.configure({ isPaused: true, throttle: undefined });
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(100);
    expect(service.status().queue.length).toBeLessThanOrEqual(20);
    service.configure({ isPaused: false, throttle: undefined });
    await fixture.time.pass(10_000);
    expect(new Set(copied()).size).toBe(100);
    expect(fixture.transfers.calls).toHaveLength(100);
  });
});

describe("a copy that fails", () => {
  it("for a wrong source is made from another, and the wrong one counts no more", async () => {
    const name = fixture.store([N0, N1, N2], { copies: 4 });
    fixture.transfers.failure = ({ source }) => (source === N0 ? new AppError("CHUNK_CORRUPT", "wrong") : undefined);
    await fixture.sweep(service);
    await fixture.time.pass(1_000);
    expect(fixture.transfers.calls[0]!.source).toBe(N0);
    expect(await fixture.holders(name, "doubtful")).not.toContain(N1);
    const healthy = await fixture.holders(name);
    expect(healthy).toHaveLength(4);
    expect(healthy).not.toContain(N0);
  });

  it("because the target says that right sources are wrong is made elsewhere, and they count as before", async () => {
    await service.stop();
    await open(5);
    const name = fixture.store([N0, N1], { copies: 3 });
    let liar: NodeId | undefined;
    fixture.transfers.failure = ({ target }) => {
      liar ??= target;
      return target === liar ? new AppError("CHUNK_CORRUPT", "wrong") : undefined;
    };
    await fixture.sweep(service);
    await fixture.time.pass(1_000);
    const healthy = await fixture.holders(name);
    expect(healthy).toHaveLength(3);
    expect(healthy).toEqual(expect.arrayContaining([N0, N1]));
    expect(healthy).not.toContain(liar);
    expect(await fixture.holders(name, "doubtful")).toEqual([]);
  });

  it("for want of room goes to another node, and the full one is left alone for a while", async () => {
    await service.stop();
    await open(5);
    const names = Array.from({ length: 10 }, () => fixture.store([N0, N1, N2]));
    fixture.transfers.failure = ({ target }) => (target === N3 ? new AppError("NO_SPACE", "full") : undefined);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(5_000);
    for (const name of names) expect(await fixture.holders(name)).toContain(N4);
    // Those that were under way when it refused first.
    expect(fixture.transfers.calls.filter(({ target }) => target === N3).length).toBeLessThanOrEqual(2);
  });

  it("for reasons unknown is tried with other sources and targets, then later and later", async () => {
    const name = fixture.store([N0, N1, N2]);
    fixture.transfers.failure = () => new AppError("NODE_UNREACHABLE", "no answer");
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(60 * MINUTE_MS);
    const { calls } = fixture.transfers;
    expect(new Set(calls.slice(0, 4).map(({ source }) => source))).toEqual(new Set([N1, N2]));
    expect(new Set(calls.slice(0, 4).map(({ target }) => target)).size).toBe(2);
    const tries = calls.filter((_, i) => i % 4 === 0).map(({ atMs }) => atMs);
    const waits = tries.slice(1).map((atMs, i) => atMs - tries[i]!);
    for (let i = 1; i < Math.min(6, waits.length); i++) expect(waits[i]).toBeGreaterThan(waits[i - 1]!);
    expect(Math.max(...waits)).toBeLessThan(601_000);
    expect(waits.length).toBeGreaterThan(8);
    expect(await fixture.holders(name)).toEqual([N0, N1, N2]);
    fixture.transfers.failure = () => undefined;
    fixture.nodes.set(N5, "draining");
    fixture.nodes.set(N5, "active");
    await fixture.time.pass(1_000);
    expect(await fixture.holders(name)).toHaveLength(4);
  });

  it("because repair was killed leaves nothing, and the next plans anew", async () => {
    const name = fixture.store([N0, N1, N2]);
    fixture.transfers.copyMs = 10_000;
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(5_000);
    const before = await fixture.catalog.get(name);
    await service.stop();
    expect(await fixture.catalog.get(name)).toEqual(before);
    fixture.transfers.copyMs = 10;
    service = fixture.open();
    await fixture.sweep(service);
    expect(await fixture.holders(name)).toHaveLength(4);
  });

  it("because its chunk was deleted meanwhile is deleted where it went", async () => {
    const name = fixture.store([N0, N1, N2]);
    fixture.transfers.copyMs = 1_000;
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(500);
    fixture.catalog.releaseChunk(name);
    await fixture.catalog.collectUnreferenced([name], { epoch: fixture.epochs.next(), nowMs: 0 });
    await fixture.time.pass(1_000);
    const { target } = fixture.transfers.calls[0]!;
    const queued = await fixture.catalog.deletionsOf(target, { limit: 10 });
    expect(queued).toMatchObject([{ name, reason: "stray", epoch: 2 }]);
    expect(service.status().queue.length).toBe(0);
  });
});

describe("what cannot be repaired", () => {
  it("for want of a copy that can be read is told, and is repaired when a node with one returns", async () => {
    const name = fixture.store([N0, N1, N2]);
    for (const id of [N0, N1, N2]) fixture.nodes.set(id, "offline");
    const census = await fixture.sweep(service);
    expect(census).toMatchObject({ total: 1, below: 1, unreadable: 1, belowByMissing: new Map([[3, 1]]) });
    expect(service.status()).toMatchObject({
      unrepairable: { no_readable_copy: 1, no_node_with_room: 0 },
      unrepairableFirst: [{ name, reason: "no_readable_copy" }],
    });
    fixture.nodes.set(N0, "active");
    await fixture.time.pass(1_000);
    expect(await fixture.holders(name)).toHaveLength(5);
    expect(service.status().unrepairableFirst).toEqual([]);
  });

  it("for want of room is told, and is repaired when there is room", async () => {
    await service.stop();
    await open(4);
    const name = fixture.store([N0, N1, N2]);
    fixture.nodes.setFree(N3, LENGTH - 1);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(1_000);
    expect(service.status().unrepairableFirst).toMatchObject([{ name, reason: "no_node_with_room" }]);
    expect(service.whyNotCopied(name)).toBe("no_node_with_room");
    service.configure({ isPaused: true, throttle: undefined });
    expect(service.whyNotCopied(name)).toBe("repair_paused");
    service.configure({ isPaused: false, throttle: undefined });
    expect(copied()).toEqual([]);
    fixture.nodes.setFree(N3, LENGTH);
    await fixture.time.pass(MINUTE_MS);
    expect(await fixture.holders(name)).toContain(N3);
    expect(service.status().unrepairableFirst).toEqual([]);
  });

  it("but lies with the coordinator for a node that was away comes from there", async () => {
    const name = fixture.store([N0], { copies: 2, pending: [N1] });
    fixture.kept.set(name, []);
    fixture.nodes.set(N0, "offline");
    fixture.nodes.set(N1, "offline");
    await fixture.time.pass(1_000);
    const sent = fixture.kept.get(name)!;
    expect(sent).toHaveLength(1);
    expect(fixture.transfers.calls.length + sent.length).toBe(2);
    expect((await fixture.holders(name)).filter((id) => id !== N0)).toHaveLength(2);
    expect(await fixture.holders(name, "pending")).toEqual([]);
  });
});
