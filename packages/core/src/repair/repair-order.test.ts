import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkName } from "../ids.ts";
import { PRIORITIES } from "../priority.ts";
import { CHUNK_URGENCIES } from "./judge-chunk.ts";
import { compareRepairs, type RepairCandidate } from "./repair-order.ts";

const candidate = (changes: Partial<RepairCandidate>): RepairCandidate => ({
  name: "m" as ChunkName,
  urgency: "degraded",
  safe: 2,
  priority: "normal",
  sinceMs: 1_000,
  ...changes,
});

const anyCandidate: fc.Arbitrary<RepairCandidate> = fc.record({
  name: fc.constantFrom("a", "b", "c") as fc.Arbitrary<ChunkName>,
  urgency: fc.constantFrom(...CHUNK_URGENCIES),
  safe: fc.nat(3),
  priority: fc.constantFrom(...PRIORITIES),
  sinceMs: fc.nat(3),
});

describe("compareRepairs", () => {
  const base = candidate({});
  it.each<[string, Partial<RepairCandidate>, Partial<RepairCandidate>]>([
    ["critical, though of lower priority", { urgency: "critical", safe: 1, priority: "low" }, { priority: "critical" }],
    [
      "without any sure copy, of two that are critical",
      { urgency: "critical", safe: 0 },
      { urgency: "critical", safe: 1 },
    ],
    ["that has lost copies, before one that only moves its only one", {}, { urgency: "relocating", safe: 1 }],
    ["with fewer sure copies, though of lower priority", { priority: "expendable" }, { safe: 3, priority: "critical" }],
    ["that matters more", { priority: "high", sinceMs: 2_000 }, {}],
    ["that has waited longer", { sinceMs: 999, name: "z" as ChunkName }, {}],
    ["with the lower name, all else being equal", { name: "a" as ChunkName }, {}],
  ])("puts first the chunk %s", (_, first, second) => {
    expect(compareRepairs(candidate(first), candidate(second))).toBeLessThan(0);
    expect(compareRepairs(candidate(second), candidate(first))).toBeGreaterThan(0);
  });

  it("is a total order", () => {
    expect(compareRepairs(base, candidate({}))).toBe(0);
    fc.assert(
      fc.property(anyCandidate, anyCandidate, anyCandidate, (a, b, c) => {
        expect(Math.sign(compareRepairs(a, b))).toBe(-Math.sign(compareRepairs(b, a)) + 0);
        if (compareRepairs(a, b) === 0) expect(a).toEqual(b);
        if (compareRepairs(a, b) <= 0 && compareRepairs(b, c) <= 0) {
          expect(compareRepairs(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
