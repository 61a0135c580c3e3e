import { randomWorld } from "@commonhold/core/economics/random-world.fixture.ts";
import { referenceDay, type ReferenceWorld } from "@commonhold/core/economics/reference-day.fixture.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DayRates } from "./settlement-options.ts";
import { afterwardsOf, createEconomyFixture, type EconomyFixture, storable, writeWorld } from "./economy.fixture.ts";

const MAX_RUNS = 200;

async function openWorld(world: ReferenceWorld, nowMs: number): Promise<EconomyFixture> {
  const fixture = await createEconomyFixture(nowMs);
  await writeWorld(fixture, world);
  await fixture.watch();
  return fixture;
}

/** Everything that money shows in; when it was booked is left out. */
async function booked({ database }: EconomyFixture, day?: string) {
  const owners = await database.selectFrom("owner_days").selectAll().orderBy("day").orderBy("owner_id").execute();
  const nodes = await database.selectFrom("node_days").selectAll().orderBy("day").orderBy("node_id").execute();
  const accounts = await database.selectFrom("ledger_accounts").selectAll().orderBy("id").execute();
  const days = await database.selectFrom("settled_days").selectAll().orderBy("day").execute();
  const isShown = (row: { readonly day: string }) => day === undefined || row.day === day;
  const timeless = <Row extends { readonly settled_at_ms: unknown }>(row: Row) =>
    ({ ...row, settled_at_ms: null }) as Omit<Row, "settled_at_ms">;
  return {
    owners: owners.filter(isShown).map(timeless),
    nodes: nodes.filter(isShown).map(timeless),
    days: days.filter(isShown).map(timeless),
    accounts: day === undefined ? accounts : [],
  };
}

const storableWorld = randomWorld.map(storable);

describe("settlement", () => {
  it("books for a day what another way of reckoning gives, in exact fractions", async () => {
    await fc.assert(
      fc.asyncProperty(storableWorld, async (world) => {
        const fixture = await openWorld(world, afterwardsOf(world));
        const day = utcDayOf(world.day.fromMs);
        expect(await fixture.settle(world)).toContain(day);
        const { owners, nodes, days } = await booked(fixture, day);
        const reference = referenceDay(world);
        expect(new Map(owners.map((row) => [row.owner_id, [BigInt(row.byte_ms), row.charged_microcredits]]))).toEqual(
          new Map([...reference.owners].map(([id, { byteMs, charge }]) => [id, [byteMs, charge]])),
        );
        for (const row of nodes) {
          expect(reference.nodes.get(row.node_id as never)).toEqual({
            byteMs: BigInt(row.byte_ms),
            observedMs: row.observed_ms,
            onlineMs: row.online_ms,
            gross: row.gross_microcredits,
            uptimePenalty: row.uptime_penalty_microcredits,
            auditPenalty: row.audit_penalty_microcredits,
            net: row.net_microcredits,
          });
        }
        expect(nodes).toHaveLength(world.nodes.length);
        expect(days[0]!.net_microcredits <= days[0]!.charged_microcredits).toBe(true);
        await fixture.close();
      }),
      { numRuns: 30 },
    );
  });

  it("books the same, once, wherever it is cut off and begun again", async () => {
    await fc.assert(
      fc.asyncProperty(storableWorld, async (world) => {
        const whole = await openWorld(world, afterwardsOf(world));
        await whole.settle(world);
        const expected = await booked(whole);
        await whole.close();
        for (const moment of ["before", "after"] as const) {
          const cut = await openWorld(world, afterwardsOf(world));
          await settleInPieces(cut, () => world, moment);
          expect(await booked(cut)).toEqual(expected);
          expect(await cut.settle(world)).toEqual([]);
          expect(await booked(cut)).toEqual(expected);
          await cut.close();
        }
      }),
      { numRuns: 8 },
    );
  });

  it("settles a day at one price and one rate, also where they are changed while it is cut off", async () => {
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(storableWorld, fc.bigInt(0n, 5_000_000n), async (world, price) => {
        for (const moment of ["before", "after"] as const) {
          const cut = await openWorld(world, afterwardsOf(world));
          const other = { price, rate: (price * world.rate) / (world.price + 1n) };
          await settleInPieces(cut, (run) => (run % 2 === 0 ? world : other), moment);
          const { owners, nodes, days } = await booked(cut);
          for (const { day, charged_microcredits, net_microcredits } of days) {
            const prices = new Set(owners.filter((row) => row.day === day).map((row) => row.price_microcredits));
            const rates = new Set(nodes.filter((row) => row.day === day).map((row) => row.rate_microcredits));
            expect([prices.size <= 1, rates.size <= 1], day).toEqual([true, true]);
            expect(net_microcredits <= charged_microcredits, day).toBe(true);
            if (prices.has(other.price)) changed += 1;
          }
          await cut.close();
        }
      }),
      { numRuns: 8 },
    );
    expect(changed).toBeGreaterThan(0);
  });

  it("settles days that were missed later, the same as if each had been settled in its time", async () => {
    await fc.assert(
      fc.asyncProperty(storableWorld, async (world) => {
        const calm = { ...world, gaps: [] };
        const late = await openWorld(calm, afterwardsOf(calm));
        await late.settle(calm);
        const inTime = await openWorld(calm, afterwardsOf(calm));
        const days: string[] = [];
        for (let nowMs = calm.day.toMs + 10 * 60_000; nowMs <= afterwardsOf(calm); nowMs += DAY_MS) {
          inTime.nowMs = nowMs;
          await inTime.database.updateTable("counters").set({ value: nowMs }).execute();
          days.push(...(await inTime.settle(calm)));
        }
        expect(days).toHaveLength(4);
        for (const day of days) expect(await booked(inTime, day)).toEqual(await booked(late, day));
        await Promise.all([late.close(), inTime.close()]);
      }),
      { numRuns: 10 },
    );
  });
});

/** Every run is cut off at the first command that it has not got through in an earlier run. */
async function settleInPieces(fixture: EconomyFixture, ratesOf: (run: number) => DayRates, moment: "before" | "after") {
  for (let run = 0; run < MAX_RUNS; run++) {
    const begun = fixture.applied.length;
    fixture.interrupt = (at, count) => {
      if (at === moment && count - begun === run) throw new Error("cut off");
    };
    try {
      await fixture.settle(ratesOf(run));
      fixture.interrupt = () => undefined;
      return;
    } catch (error) {
      if (!(error instanceof Error && error.message === "cut off")) throw error;
    }
  }
  throw new Error("the settlement does not end");
}
