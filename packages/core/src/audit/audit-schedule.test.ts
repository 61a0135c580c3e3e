import { createHmac, hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkName, NodeId } from "../ids.ts";
import { bucketBitsFor, bucketNames, type CyclePlan, keyedWords, planCycle } from "./audit-schedule.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(hash("sha256", Buffer.concat(parts), "buffer"));
const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());
const hashes = { sha256, hmacSha256 };

const HOUR_MS = 3_600_000;
const CYCLE_MS = 4 * HOUR_MS;
const KEY = new Uint8Array(Buffer.from("2395348818c032046eb32b209cdd3c5504d33b1a1fe9e0927c6012c77a036d3e", "hex"));
const NODE = nodeOf(0);

function nodeOf(number: number): NodeId {
  return `12D3KooW${String(number).padStart(44, "A")}` as NodeId;
}

interface Asked {
  readonly key?: Uint8Array;
  readonly nodeId?: NodeId;
  readonly cycle?: number;
  readonly chunkCount?: number;
}

function planOf({ key = KEY, nodeId = NODE, cycle = 0, chunkCount = 0 }: Asked = {}): CyclePlan {
  return planCycle({ nodeId, cycle, cycleMs: CYCLE_MS, chunkCount, permute: keyedWords(key, hashes) });
}

const orderOf = (plan: CyclePlan) => plan.slots.map(({ bucket }) => bucket);
/** Positions by bucket. */
const positionsOf = (plan: CyclePlan) => {
  const positions = new Array<number>(plan.slots.length);
  for (const [position, { bucket }] of plan.slots.entries()) positions[bucket] = position;
  return positions;
};

describe("planCycle", () => {
  it("keeps to its golden vector", () => {
    const plan = planOf({ nodeId: `12D3KooW${"A".repeat(44)}` as NodeId, cycle: 122_880 });
    expect(plan.bits).toBe(8);
    expect([...plan.slots.slice(0, 4), plan.slots.at(-1)]).toEqual([
      { atMs: 1_769_472_001_307, bucket: 3 },
      { atMs: 1_769_472_109_236, bucket: 166 },
      { atMs: 1_769_472_123_633, bucket: 89 },
      { atMs: 1_769_472_214_348, bucket: 104 },
      { atMs: 1_769_486_398_132, bucket: 131 },
    ]);
  });

  it("has each bucket once, each within its own share of the cycle", () => {
    const asked = fc.record({
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      cycle: fc.integer({ min: 0, max: 1_000_000 }),
      chunkCount: fc.integer({ min: 0, max: 40_000 }),
    });
    fc.assert(
      fc.property(asked, (parts) => {
        const { bits, slots } = planOf(parts);
        const count = 2 ** bits;
        expect(new Set(slots.map(({ bucket }) => bucket)).size).toBe(count);
        expect(slots).toHaveLength(count);
        for (const [k, { atMs, bucket }] of slots.entries()) {
          const startMs = parts.cycle * CYCLE_MS + (k * CYCLE_MS) / count;
          expect(bucket < count).toBe(true);
          expect(atMs >= Math.floor(startMs) && atMs < startMs + CYCLE_MS / count).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("covers the name of every chunk exactly once a cycle", () => {
    const names = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    const edges = fc.constantFrom("0".repeat(64), "f".repeat(64), `00${"f".repeat(62)}`, `01${"0".repeat(62)}`);
    fc.assert(
      fc.property(fc.oneof(names, edges), fc.integer({ min: 0, max: 2_000_000 }), (name, chunkCount) => {
        const bits = bucketBitsFor(chunkCount);
        const covering: number[] = [];
        for (let bucket = 0; bucket < 2 ** bits; bucket++) {
          const { after, until } = bucketNames(bits, bucket);
          if ((after === undefined || name > after) && name <= until) covering.push(bucket);
        }
        expect(covering).toEqual([Number.parseInt(name.slice(0, 4), 16) >> (16 - bits)]);
      }),
      { numRuns: 30 },
    );
  });

  it("is the same again for the same key, node and cycle, and another one for any other", () => {
    const order = orderOf(planOf()).join();
    expect(orderOf(planOf()).join()).toBe(order);
    const others = [planOf({ key: new Uint8Array(32) }), planOf({ nodeId: nodeOf(1) }), planOf({ cycle: 1 })];
    const orders = [order, ...others.map((plan) => orderOf(plan).join())];
    expect(new Set(orders).size).toBe(orders.length);
  });

  it("puts a bucket anywhere, equally often", () => {
    // Eight buckets, each over 16 stretches of the cycle in 800 cycles: chi-square with 15 degrees of freedom.
    const cycles = 800;
    const plans = Array.from({ length: cycles }, (_, cycle) => positionsOf(planOf({ cycle })));
    for (const bucket of [0, 1, 7, 100, 128, 200, 254, 255]) {
      const found = Array.from({ length: 16 }, () => 0);
      for (const positions of plans) found[Math.floor(positions[bucket]! / 16)]! += 1;
      const chiSquare = found.reduce((sum, count) => sum + (count - cycles / 16) ** 2 / (cycles / 16), 0);
      expect(chiSquare).toBeLessThan(44.3); // one in 10,000; the key is fixed
    }
  });

  it("tells by no cycle, and by no other node, what comes next", () => {
    const positions = Array.from({ length: 40 }, (_, i) =>
      positionsOf(planOf({ cycle: i % 20, nodeId: nodeOf(i < 20 ? 0 : 1) })),
    );
    for (let i = 1; i < positions.length; i++) {
      // Of 256 pairs the correlation of what is independent stays within 5/√256.
      expect(Math.abs(correlation(positions[i - 1]!, positions[i]!))).toBeLessThan(5 / 16);
    }
  });

  it("plans a day of 50 nodes with 1,000,000 copies so that no minute has many more audits than another", () => {
    const minutes = Array.from({ length: 24 * 60 }, () => 0);
    for (let node = 0; node < 50; node++) {
      for (let cycle = 0; cycle < 6; cycle++) {
        const { slots } = planOf({ nodeId: nodeOf(node), cycle, chunkCount: 20_000 });
        for (const { atMs } of slots) minutes[Math.floor(atMs / 60_000)]! += 1;
      }
    }
    const mean = (50 * 6 * 2048) / minutes.length;
    expect(Math.max(...minutes)).toBeLessThan(mean * 1.1);
    expect(Math.min(...minutes)).toBeGreaterThan(mean * 0.9);
  });
});

describe("buckets", () => {
  it.each([
    [0, 8],
    [1, 8],
    [4096, 8],
    [4097, 9],
    [20_000, 11],
    [1_048_576, 16],
    [100_000_000, 16],
  ])("of a node with %d chunks have numbers of %d bits", (chunkCount, bits) => {
    expect(bucketBitsFor(chunkCount)).toBe(bits);
  });

  it("have 8 to 16 chunks on average where it is neither few nor very many", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 1_048_576 }), (chunkCount) => {
        const average = chunkCount / 2 ** bucketBitsFor(chunkCount);
        expect(average > 8 && average <= 16).toBe(true);
      }),
    );
  });

  it.each([8, 11, 16])("of %d bits follow each other without a gap", (bits) => {
    const last = "f".repeat(64) as ChunkName;
    const ranges = Array.from({ length: 2 ** bits }, (_, bucket) => bucketNames(bits, bucket));
    expect(ranges[0]!.after).toBeUndefined();
    expect(ranges.at(-1)!.until).toBe(last);
    expect(ranges.slice(1).every(({ after }, i) => after === ranges[i]!.until)).toBe(true);
  });

  it("have these names", () => {
    expect(bucketNames(8, 0x7f)).toEqual({ after: `7e${"f".repeat(62)}`, until: `7f${"f".repeat(62)}` });
    expect(bucketNames(11, 3)).toEqual({ after: `005${"f".repeat(61)}`, until: `007${"f".repeat(61)}` });
  });
});

/** Pearson's. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (a.length - 1) / 2;
  let both = 0;
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    both += (a[i]! - mean) * (b[i]! - mean);
    squares += (a[i]! - mean) ** 2;
  }
  return both / squares;
}
