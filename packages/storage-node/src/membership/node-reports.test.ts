import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { LOST_NAMES_MAX } from "./coordinator-api.ts";
import { NodeReports, type NodeReportsDeps } from "./node-reports.ts";

async function reportsOf(count: number, parts: Partial<NodeReportsDeps["store"]> = {}) {
  const clock = new ManualClock();
  const store = await openTestStore(tempFolder(), { bytesMax: 1e6, reservedBytes: 1e5, clock });
  const chunks = Array.from({ length: count }, (_, seed) => testChunk(seed, 100));
  for (const { name, sealed } of chunks) await store.store(name, sealed);
  let more = 0;
  const reports = new NodeReports(
    {
      host: { addresses: () => ["/ip4/127.0.0.1/tcp/1"] },
      store: {
        usage: () => store.usage(),
        losses: (limit) => store.losses(limit),
        acknowledgeLosses: (losses) => store.acknowledgeLosses(losses),
        ...parts,
      },
      drain: { isDraining: false },
      logger: silentLogger,
      onMore: () => more++,
    },
    { version: "1" },
  );
  return { store, clock, names: chunks.map(({ name }) => name), reports, more: () => more };
}

describe("a node's report", () => {
  it("says how much is free for others and for the operator, and nothing of losses where there are none", async () => {
    const { store, reports, more } = await reportsOf(2);
    expect(await reports.make()).toEqual({
      addresses: ["/ip4/127.0.0.1/tcp/1"],
      capacity_bytes: 1e6,
      used_bytes: 200,
      free_bytes: 1e6 - 1e5 - 200,
      free_bytes_own: 1e6 - 200,
      wanted_free_bytes: 0,
      chunk_count: 2,
      draining: false,
      version: "1",
    });
    reports.heard();
    expect(more()).toBe(0);
    await store.close();
  });

  it("names lost chunks again and again until one was heard", async () => {
    const { store, names, reports } = await reportsOf(2);
    store.markDamaged(names[0]!);
    expect(await reports.make()).toMatchObject({ lost: [names[0]] });
    expect(await reports.make()).toMatchObject({ lost: [names[0]] });
    reports.heard();
    expect(await reports.make()).not.toHaveProperty("lost");
    reports.heard();
    await store.close();
  });

  it("that was heard leaves what was lost since to the next", async () => {
    const { store, clock, names, reports, more } = await reportsOf(2);
    store.markDamaged(names[0]!);
    await reports.make();
    clock.advance(1);
    store.markDamaged(names[1]!);
    reports.heard();
    expect(more()).toBe(1);
    expect(await reports.make()).toMatchObject({ lost: [names[1]] });
    await store.close();
  });

  it("names a bounded number, the rest in the next", async () => {
    const { store, names, reports, more } = await reportsOf(LOST_NAMES_MAX + 3);
    for (const name of names) store.markDamaged(name);
    const first = await reports.make();
    expect(first.lost).toHaveLength(LOST_NAMES_MAX);
    expect(JSON.stringify(first).length).toBeLessThan(64 * 1024);
    reports.heard();
    expect(more()).toBe(1);
    const second = await reports.make();
    expect([...first.lost!, ...second.lost!].sort()).toEqual([...names].sort());
    reports.heard();
    expect(more()).toBe(1);
    await store.close();
  });

  it("is told once more where it cannot be noted that it was heard", async () => {
    const { store, names, reports, more } = await reportsOf(1, {
      acknowledgeLosses: () => {
        throw new Error("the disk is full");
      },
    });
    store.markDamaged(names[0]!);
    await reports.make();
    reports.heard();
    expect(more()).toBe(0);
    expect(await reports.make()).toMatchObject({ lost: names });
    await store.close();
  });
});
