import { expect, it } from "vitest";
import { createReplicationCensus } from "./replication-census.ts";

interface Fixture {
  total: number;
  nowMs: number;
  tookMs: number;
  sweeps: number;
}

function createCensus() {
  const fixture: Fixture = { total: 10, nowMs: 0, tookMs: 0, sweeps: 0 };
  const census = createReplicationCensus({
    sweep: async () => {
      fixture.sweeps += 1;
      fixture.nowMs += fixture.tookMs;
      return { total: fixture.total, below: 3 };
    },
    clock: { monotonicMs: () => fixture.nowMs },
  });
  return { fixture, census };
}

it("tells how many are as promised", async () => {
  const { census } = createCensus();
  expect(await census()).toEqual({ total: 10, fullyReplicated: 7, underReplicated: 3 });
});

it("is fresh while it is quick", async () => {
  const { fixture, census } = createCensus();
  fixture.tookMs = 50;
  await census();
  fixture.total = 11;
  expect((await census()).total).toBe(11);
});

it("is kept twenty times as long as it took, once it is slow", async () => {
  const { fixture, census } = createCensus();
  fixture.tookMs = 100;
  await census();
  fixture.total = 11;
  fixture.nowMs += 2_000;
  expect((await census()).total).toBe(10);
  fixture.nowMs += 1;
  expect((await census()).total).toBe(11);
});

it("is counted once for all who ask at the same time", async () => {
  const { fixture, census } = createCensus();
  await Promise.all([census(), census(), census()]);
  expect(fixture.sweeps).toBe(1);
  await census();
  expect(fixture.sweeps).toBe(2);
});
