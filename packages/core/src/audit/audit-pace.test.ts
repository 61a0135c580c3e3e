import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutIntoBatches, FIRST_PACE, paceAfter, reaskPauseMs } from "./audit-pace.ts";

describe("silence", () => {
  it("is asked again three times, after pauses that grow, and is final then", () => {
    expect([0, 1, 2, 3, 4].map(reaskPauseMs)).toEqual([60_000, 300_000, 900_000, undefined, undefined]);
  });
});

describe("a node's batches", () => {
  const afterAll = (answers: readonly ("in-time" | "late")[]) => answers.reduce(paceAfter, FIRST_PACE).chunks;

  it("become half as large when an answer is late, and never less than one chunk", () => {
    expect([1, 2, 3, 4, 5, 6].map((lates) => afterAll(Array.from({ length: lates }, () => "late")))).toEqual([
      10, 5, 2, 1, 1, 1,
    ]);
  });

  it("grow by one after ten answers in time, up to twenty chunks", () => {
    const inTime = (count: number) => Array.from({ length: count }, () => "in-time" as const);
    expect(afterAll(["late", ...inTime(9)])).toBe(10);
    expect(afterAll(["late", ...inTime(10)])).toBe(11);
    expect(afterAll(["late", ...inTime(29)])).toBe(12);
    expect(afterAll(inTime(1000))).toBe(20);
    expect(afterAll([...inTime(9), "late", ...inTime(9)])).toBe(10);
  });

  it("come back to a size that came late only after two hundred, and go on from there", () => {
    const inTime = (count: number) => Array.from({ length: count }, () => "in-time" as const);
    expect(afterAll(["late", ...inTime(90 + 199)])).toBe(19);
    expect(afterAll(["late", ...inTime(90 + 200)])).toBe(20);
    expect(afterAll(["late", "late", "late", ...inTime(20 + 200 + 10)])).toBe(6);
  });

  it.each([1, 2, 3, 5, 8, 13, 19])("of a node that can answer %d chunks in time are late with 2 %% at most", (able) => {
    let pace = FIRST_PACE;
    let late = 0;
    let asked = 0;
    for (let i = 0; i < 10_000; i++) {
      const isLate = pace.chunks > able;
      asked += pace.chunks;
      if (isLate) late += pace.chunks;
      pace = paceAfter(pace, isLate ? "late" : "in-time");
    }
    expect(late / asked).toBeLessThan(0.02);
  });
});

describe("cutIntoBatches", () => {
  it("keeps to both bounds and to the order, and begins a batch only where one is needed", () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 50 }).map((sealedLength) => ({ sealedLength })));
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100 }), (all, count, bytes) => {
        const batches = cutIntoBatches(all, { chunks: count, bytes });
        expect(batches.flat()).toEqual(all);
        const bytesOf = (batch: (typeof batches)[number]) => batch.reduce((sum, each) => sum + each.sealedLength, 0);
        for (const [i, batch] of batches.entries()) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(count);
          if (batch.length > 1) expect(bytesOf(batch)).toBeLessThanOrEqual(bytes);
          const next = batches[i + 1]?.[0];
          if (next === undefined) continue;
          expect(batch.length === count || bytesOf(batch) + next.sealedLength > bytes).toBe(true);
        }
      }),
    );
  });
});
