import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkUrgency } from "@commonhold/core/repair/judge-chunk.ts";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { OrderedHeap } from "./ordered-heap.ts";
import { type RepairEntry, RepairQueue } from "./repair-queue.ts";

describe("OrderedHeap", () => {
  it("gives what is in it in order, whatever was replaced, taken out or cut off before", () => {
    const step = fc.record({
      kind: fc.constantFrom("push" as const, "delete" as const, "pop" as const, "truncate" as const),
      key: fc.nat(20),
      rank: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new OrderedHeap<number, { key: number; rank: number }>(
          (item) => item.key,
          (a, b) => a.rank - b.rank || a.key - b.key,
        );
        const model = new Map<number, number>();
        const sorted = () => [...model].sort(([a, x], [b, y]) => x - y || a - b).map(([key, rank]) => ({ key, rank }));
        for (const { kind, key, rank } of steps) {
          if (kind === "push") {
            heap.push({ key, rank });
            model.set(key, rank);
          } else if (kind === "delete") {
            expect(heap.delete(key)?.rank).toBe(model.get(key));
            model.delete(key);
          } else if (kind === "pop") {
            const [first] = sorted();
            expect(heap.pop()).toEqual(first);
            if (first !== undefined) model.delete(first.key);
          } else {
            const keep = Math.floor(rank / 5);
            heap.truncate(keep);
            for (const gone of sorted().slice(keep)) model.delete(gone.key);
          }
          expect(heap.size).toBe(model.size);
          expect(heap.peek()).toEqual(sorted()[0]);
          expect(heap.get(key)?.rank).toBe(model.get(key));
        }
      }),
    );
  });
});

const NODE = "n1" as NodeId;
const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
let queue: RepairQueue;
beforeEach(() => {
  clock.nowMs = 0;
  queue = new RepairQueue(clock, { queuedMax: 100, putAsideMax: 10 });
});

function entryOf(number: number, urgency: ChunkUrgency = "degraded", safe = 2): RepairEntry {
  const name = number.toString(16).padStart(64, "0") as ChunkName;
  return { name, urgency, safe, priority: "normal", sinceMs: 0, missing: 1, sealedLength: 10 };
}

describe("RepairQueue", () => {
  it("gives each chunk once, the most endangered first, as it was put last", () => {
    queue.put(entryOf(1));
    queue.put(entryOf(2, "critical", 1));
    queue.put(entryOf(3));
    queue.put(entryOf(3, "critical", 0));
    expect(queue.size).toBe(3);
    expect([queue.take(), queue.take(), queue.take(), queue.take()].map((each) => each?.entry.name)).toEqual([
      entryOf(3).name,
      entryOf(2).name,
      entryOf(1).name,
      undefined,
    ]);
  });

  it("keeps one that waits for another try waiting, also when it is put again", () => {
    queue.putLater({ entry: entryOf(1), failures: 3 }, 1_000);
    queue.put(entryOf(1, "critical"));
    expect(queue.take()).toBeUndefined();
    expect(queue.nextDueMs()).toBe(1_000);
    clock.nowMs = 1_000;
    expect(queue.take()).toMatchObject({ failures: 3, entry: { urgency: "critical" } });
  });

  it("gives what was put aside when its node is free, or after a moment", () => {
    for (let i = 1; i <= 4; i++) queue.putAside({ entry: entryOf(i), failures: 0 }, i === 4 ? ("n2" as NodeId) : NODE);
    expect(queue.asideCount).toBe(4);
    queue.release(NODE);
    expect([queue.take(), queue.take(), queue.take()].filter((each) => each !== undefined)).toHaveLength(2);
    clock.nowMs = 1_000;
    expect([queue.take(), queue.take(), queue.take()].filter((each) => each !== undefined)).toHaveLength(2);
  });

  it("is looked through no further while many are put aside, but for those that are worth another look", () => {
    for (let i = 1; i <= 10; i++) queue.putAside({ entry: entryOf(i), failures: 0 }, NODE);
    queue.put(entryOf(50, "critical", 0));
    expect(queue.take()).toBeUndefined();
    queue.release(NODE);
    const taken = [queue.take(), queue.take(), queue.take()].map((each) => each?.entry.name);
    expect(taken).toEqual([entryOf(1).name, entryOf(2).name, entryOf(50).name]);
  });

  it("lets all that waits be tried at once, and forgets how often it failed", () => {
    queue.putLater({ entry: entryOf(1), failures: 5 }, 1_000_000);
    queue.putAside({ entry: entryOf(2), failures: 5 }, NODE);
    queue.releaseAll();
    expect([queue.take()?.failures, queue.take()?.failures]).toEqual([0, 0]);
  });

  it("holds as many as it may, and lets the least urgent go", () => {
    for (let i = 0; i < 100; i++) queue.put(entryOf(i));
    expect(queue.takeOverflow()).toBe(false);
    queue.put(entryOf(1_000, "critical", 0));
    expect(queue.size).toBeLessThanOrEqual(100);
    expect(queue.takeOverflow()).toBe(true);
    expect(queue.takeOverflow()).toBe(false);
    expect(queue.take()?.entry.name).toBe(entryOf(1_000).name);
  });

  it("forgets a chunk wherever it is", () => {
    queue.put(entryOf(1));
    queue.putLater({ entry: entryOf(2), failures: 0 }, 1);
    queue.putAside({ entry: entryOf(3), failures: 0 }, NODE);
    for (let i = 1; i <= 3; i++) queue.delete(entryOf(i).name);
    expect([queue.size, [...queue.entries()]]).toEqual([0, []]);
  });
});
