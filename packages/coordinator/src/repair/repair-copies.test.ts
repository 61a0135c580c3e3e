import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRepairFixture, type RepairFixture } from "./repair.fixture.ts";
import { REPAIR_DEFAULTS, type RepairOptions } from "./repair-options.ts";
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

describe("pins", () => {
  it("get their copy before others do, and none of them is dropped", async () => {
    const name = fixture.store([N0, N1, N2], { pins: [N5] });
    await fixture.sweep(service);
    await fixture.time.pass(100);
    expect(fixture.transfers.calls.map(({ target }) => target)).toEqual([N5]);
    await fixture.time.pass(11 * MINUTE_MS);
    await fixture.sweep(service);
    await fixture.time.pass(11 * MINUTE_MS);
    await fixture.sweep(service);
    const holders = await fixture.holders(name);
    expect(holders).toHaveLength(3);
    expect(holders).toContain(N5);
  });

  it("on a node without room are told", async () => {
    const name = fixture.store([N0, N1, N2], { pins: [N5] });
    fixture.transfers.failure = ({ target }) => (target === N5 ? new AppError("NO_SPACE", "full") : undefined);
    await fixture.sweep(service);
    await fixture.time.pass(10_000);
    expect(service.status().unrepairableFirst).toMatchObject([{ name, reason: "pinned_node_takes_nothing" }]);
    expect(await fixture.holders(name)).toEqual([N0, N1, N2]);
  });
});

describe("copies too many", () => {
  async function returned(): Promise<ChunkName> {
    const name = fixture.store([N0, N1, N2]);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(1_000);
    fixture.nodes.set(N0, "active");
    await fixture.time.pass(1_000);
    return name;
  }

  it("after a return are kept for a while, and then dropped", async () => {
    const name = await returned();
    await fixture.sweep(service);
    await fixture.time.pass(9 * MINUTE_MS);
    await fixture.sweep(service);
    expect(await fixture.holders(name)).toHaveLength(4);
    await fixture.time.pass(2 * MINUTE_MS);
    await fixture.sweep(service);
    expect(await fixture.holders(name)).toHaveLength(3);
    const waiting = await fixture.catalog.waitingDeletions();
    expect([...waiting.values()]).toEqual([1]);
    expect(fixture.epochs.current()).toBe(1);
  });

  it("are not, where the node went away again meanwhile", async () => {
    const name = await returned();
    await fixture.time.pass(5 * MINUTE_MS);
    fixture.nodes.set(N0, "offline");
    await fixture.time.pass(5 * MINUTE_MS);
    await fixture.sweep(service);
    fixture.nodes.set(N0, "active");
    await fixture.time.pass(5 * MINUTE_MS);
    await fixture.sweep(service);
    expect(await fixture.holders(name)).toHaveLength(4);
  });

  it("that leave are dropped as soon as they are replaced", async () => {
    const name = fixture.store([N0, N1, N2]);
    await fixture.catalog.leaveReplicas(N0, [name], fixture.time.nowMs());
    await service.check([name]);
    await fixture.time.pass(1_000);
    expect(await fixture.holders(name)).toHaveLength(3);
    expect(await fixture.holders(name, "leaving")).toEqual([]);
    expect((await fixture.catalog.waitingDeletions()).get(N0)).toBe(1);
  });

  it("on a node that drains are moved, with the node itself as a source, until it holds nothing", async () => {
    await service.stop();
    await open(4);
    for (let i = 0; i < 5; i++) fixture.store([N0, N1, N2]);
    const only = fixture.store([N0], { copies: 1 });
    fixture.nodes.set(N0, "draining");
    await fixture.time.pass(5_000);
    expect(await fixture.catalog.holdingsOf(N0)).toEqual({ chunks: 0, bytes: 0 });
    expect(fixture.transfers.calls.find(({ name }) => name === only)!.source).toBe(N0);
  });
});

describe("copies on their way", () => {
  it("are awaited while the coordinator keeps them, but not for ever", async () => {
    const name = fixture.store([N0, N1], { pending: [N2] });
    fixture.kept.set(name, []);
    await fixture.sweep(service);
    await fixture.time.pass(MINUTE_MS);
    await fixture.sweep(service);
    expect(copied()).toEqual([]);
    await fixture.time.pass(MINUTE_MS);
    await fixture.sweep(service);
    await fixture.time.pass(1_000);
    expect(copied()).toEqual([name]);
    expect(await fixture.holders(name)).toHaveLength(3);
    expect(await fixture.holders(name, "pending")).toEqual([]);
  });

  it("that have taken too long are looked at again without another sweep", async () => {
    const name = fixture.store([N0, N1], { pending: [N2] });
    await fixture.sweep(service);
    expect(copied()).toEqual([]);
    await fixture.time.pass(REPAIR_DEFAULTS.sendingMs + 1_000);
    expect(copied()).toEqual([name]);
    expect(await fixture.holders(name)).toHaveLength(3);
  });

  it("do not hold up a chunk that becomes critical meanwhile", async () => {
    const name = fixture.store([N0, N1], { pending: [N2] });
    fixture.kept.set(name, []);
    await fixture.sweep(service);
    fixture.nodes.set(N1, "suspect");
    await fixture.time.pass(REPAIR_DEFAULTS.sendingMs + 1_000);
    expect(copied()).toContain(name);
  });

  it("that a node refused go to another at once", async () => {
    const name = fixture.store([N0, N1], { pending: [N2] });
    fixture.kept.set(name, []);
    await service.noteRefusal(N2, [name]);
    await fixture.time.pass(1_000);
    const [call] = fixture.transfers.calls;
    expect([N3, N4, N5]).toContain(call!.target);
    expect(await fixture.holders(name, "pending")).toEqual([]);
  });

  it("to a node that is gone are made elsewhere", async () => {
    const name = fixture.store([N0, N1], { pending: [N2] });
    fixture.kept.set(name, []);
    fixture.nodes.set(N2, "banned");
    await fixture.time.pass(1_000);
    expect(await fixture.holders(name)).toHaveLength(3);
    expect(await fixture.holders(name, "pending")).toEqual([]);
  });
});

describe("a copy in doubt", () => {
  it("is made anew on the same node where no other can have it", async () => {
    await service.stop();
    await open(3);
    const name = fixture.store([N0, N1, N2]);
    await fixture.catalog.doubtReplicas(N2, [name], fixture.time.nowMs());
    await service.check([name]);
    await fixture.time.pass(1_000);
    expect(fixture.transfers.calls).toMatchObject([{ target: N2 }]);
    expect(await fixture.holders(name)).toEqual([N0, N1, N2]);
  });

  it("is not deleted before: it may be right, and the last one", async () => {
    await service.stop();
    await open(3);
    const name = fixture.store([N0, N1, N2]);
    for (const nodeId of [N0, N1, N2]) await fixture.catalog.doubtReplicas(nodeId, [name], fixture.time.nowMs());
    fixture.transfers.failure = () => new AppError("TIMEOUT", "the lines between nodes are down");
    await service.check([name]);
    await fixture.time.pass(MINUTE_MS);
    expect(fixture.transfers.calls.length).toBeGreaterThan(1);
    // Nobody took an epoch, so nothing can have been deleted.
    expect(fixture.epochs.current()).toBe(0);
    expect(await fixture.catalog.waitingDeletions()).toEqual(new Map());
  });

  it("is the last resort for reading", async () => {
    const name = fixture.store([N0], { copies: 2 });
    await fixture.catalog.doubtReplicas(N0, [name], fixture.time.nowMs());
    await service.check([name]);
    await fixture.time.pass(1_000);
    expect(fixture.transfers.calls[0]!.source).toBe(N0);
    expect(await fixture.holders(name)).toHaveLength(2);
  });
});

it("hands on chunks that nothing uses, and does not repair them", async () => {
  const name = fixture.store([N0], { copies: 3 });
  fixture.catalog.releaseChunk(name);
  const census = await fixture.sweep(service);
  await fixture.time.pass(1_000);
  expect(fixture.unreferenced).toEqual([name]);
  expect(census).toMatchObject({ total: 0, unreferenced: 1, below: 0 });
  expect(copied()).toEqual([]);
});
