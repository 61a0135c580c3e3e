import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkName } from "../ids.ts";
import { PRIORITIES } from "../priority.ts";
import { EVICTION_STRATEGIES, type EvictionCandidate, evictionOrder } from "./eviction-order.ts";

const candidate = (name: string, changes: Partial<EvictionCandidate> = {}): EvictionCandidate => ({
  name: name as ChunkName,
  length: 1_000,
  lastReadAtMs: 5_000,
  storedAtMs: 1_000,
  priority: "normal",
  surplusCopies: 0,
  isPinned: false,
  ...changes,
});

const CANDIDATES = [
  candidate("recent"),
  candidate("old", { lastReadAtMs: 2_000, priority: "high" }),
  candidate("never-read", { lastReadAtMs: undefined, storedAtMs: 3_000, priority: "critical" }),
  candidate("cheap", { priority: "expendable" }),
  candidate("spare", { lastReadAtMs: 6_000, priority: "high", surplusCopies: 1 }),
  candidate("very-spare", { lastReadAtMs: 7_000, priority: "critical", surplusCopies: 2 }),
  candidate("pinned", { lastReadAtMs: 0, priority: "expendable", surplusCopies: 9, isPinned: true }),
  candidate("short-of-copies", { lastReadAtMs: 1_000, surplusCopies: -1 }),
  candidate("large", { length: 9_000 }),
];

const namesIn = (strategy: (typeof EVICTION_STRATEGIES)[number]): string =>
  evictionOrder(CANDIDATES, strategy)
    .map(({ name }) => name)
    .join(" ");

describe("evictionOrder", () => {
  it.each([
    ["lru", "short-of-copies old never-read recent cheap large spare very-spare"],
    ["priority", "cheap short-of-copies recent large old spare never-read very-spare"],
    ["redundant", "very-spare spare old never-read recent cheap large short-of-copies"],
    ["hybrid", "spare very-spare cheap short-of-copies large recent old never-read"],
  ] as const)("%s: %s", (strategy, expected) => {
    expect(namesIn(strategy)).toBe(expected);
  });

  it("lists every candidate that is not pinned once, and keeps the order given among equal ones", () => {
    const some = fc.array(
      fc.record({
        lastReadAtMs: fc.option(fc.nat(3), { nil: undefined }),
        storedAtMs: fc.nat(3),
        priority: fc.constantFrom(...PRIORITIES),
        surplusCopies: fc.integer({ min: -2, max: 2 }),
        isPinned: fc.boolean(),
        length: fc.nat(2),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(some, fc.constantFrom(...EVICTION_STRATEGIES), (changes, strategy) => {
        const candidates = changes.map((each, i) => candidate(String(i), each));
        const ordered = evictionOrder(candidates, strategy);
        expect(ordered.toSorted((a, b) => Number(a.name) - Number(b.name))).toEqual(
          candidates.filter(({ isPinned }) => !isPinned),
        );
        expect(evictionOrder(ordered, strategy)).toEqual(ordered);
        const twins = changes.map((_, i) => candidate(String(i)));
        expect(evictionOrder(twins, strategy)).toEqual(twins);
      }),
    );
  });
});
