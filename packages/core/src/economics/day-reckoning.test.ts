import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeId } from "../ids.ts";
import { ByteMsTally } from "./byte-ms-tally.ts";
import { countedCopies } from "./count-byte-ms.ts";
import { nodeDayEarnings } from "./node-earnings.ts";
import { randomWorld } from "./random-world.fixture.ts";
import { referenceDay, type ReferenceNodeDay, type ReferenceWorld } from "./reference-day.fixture.ts";
import { ownerCharge } from "./storage-rates.ts";
import { difference, spansOf } from "./time-interval.ts";
import { uptimeOf } from "./uptime.ts";

function tallyOf({ day, chunks, nodes, gaps }: ReferenceWorld): ByteMsTally {
  const tally = new ByteMsTally();
  const absences = new Map(nodes.map(({ id, absences }) => [id, difference(spansOf(absences), spansOf(gaps))]));
  const absencesOf = (id: NodeId) => absences.get(id)!;
  for (const chunk of chunks) tally.add(chunk, countedCopies(chunk.copies, { day, absencesOf }));
  return tally;
}

function nodeDays(world: ReferenceWorld): ReadonlyMap<NodeId, ReferenceNodeDay> {
  const byteMsOf = tallyOf(world).ofNodes();
  const gaps = spansOf(world.gaps);
  return new Map(
    world.nodes.map(({ id, joinedAtMs, absences, auditsPassed, auditsCounted }) => {
      const uptime = uptimeOf(world.day, { joinedAtMs, absences: spansOf(absences), gaps });
      const byteMs = byteMsOf.get(id) ?? 0n;
      const audits = { good: auditsPassed, all: auditsCounted };
      const earnings = nodeDayEarnings({ byteMs, rate: world.rate, uptime, audits });
      return [id, { byteMs, observedMs: uptime.all, onlineMs: uptime.good, ...earnings }];
    }),
  );
}

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

describe("a day's money", () => {
  it("is for every node what another way of reckoning gives, in exact fractions", () => {
    fc.assert(
      fc.property(randomWorld, (world) => {
        expect(nodeDays(world)).toEqual(referenceDay(world).nodes);
      }),
    );
  });

  it("is for every owner what another way of reckoning gives, in exact fractions", () => {
    fc.assert(
      fc.property(randomWorld, (world) => {
        const owners = [...tallyOf(world).ofOwners()].map(
          ([id, byteMs]) => [id, { byteMs, charge: ownerCharge(byteMs, world.price) }] as const,
        );
        expect(new Map(owners)).toEqual(referenceDay(world).owners);
      }),
    );
  });

  it("counts for nodes exactly the bytes that it counts for owners", () => {
    fc.assert(
      fc.property(randomWorld, (world) => {
        const tally = tallyOf(world);
        expect(sum(tally.ofNodes().values())).toBe(sum(tally.ofOwners().values()));
      }),
    );
  });

  it("never pays more than was charged, for all together and for each chunk", () => {
    fc.assert(
      fc.property(randomWorld, (world) => {
        for (const chunks of [world.chunks, ...world.chunks.map((chunk) => [chunk])]) {
          const part = { ...world, chunks };
          const charged = sum([...tallyOf(part).ofOwners().values()].map((byteMs) => ownerCharge(byteMs, world.price)));
          const paid = sum([...nodeDays(part).values()].map(({ net }) => net));
          expect(paid <= charged).toBe(true);
        }
      }),
    );
  });

  it("never counts more copies than were promised", () => {
    fc.assert(
      fc.property(randomWorld, (world) => {
        for (const chunk of world.chunks) {
          const promised = Math.max(0, ...chunk.copies.map((copy) => copy.promised));
          const most = BigInt(chunk.sealedLength) * BigInt(promised * (world.day.toMs - world.day.fromMs));
          expect(
            sum(
              tallyOf({ ...world, chunks: [chunk] })
                .ofNodes()
                .values(),
            ) <= most,
          ).toBe(true);
        }
      }),
    );
  });
});
