import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monthlyStorageCost } from "./storage-cost.ts";

const BYTES_PER_GB = 1_000_000_000n;
const DEFAULT = { microCreditsPerGbMonth: 1_000_000n };

const size = fc.bigInt(0n, 10n ** 16n);
const copies = fc.integer({ min: 1, max: 10 });
const terms = fc.record({ microCreditsPerGbMonth: fc.bigInt(0n, 10n ** 9n) });

describe("monthlyStorageCost", () => {
  it.each([
    [0n, 3, 0n],
    [1n, 3, 1n],
    [1000n, 1, 1n],
    [1001n, 1, 2n],
    [1_000_000_000n, 3, 3_000_000n],
  ])("of %i bytes in %i copies at a credit per GB is %i micro-credits", (sizeBytes, copies, expected) => {
    expect(monthlyStorageCost(sizeBytes, copies, DEFAULT)).toBe(expected);
  });

  it("is the exact price rounded up, by less than a micro-credit", () => {
    fc.assert(
      fc.property(size, copies, terms, (sizeBytes, copies, terms) => {
        const exact = sizeBytes * BigInt(copies) * terms.microCreditsPerGbMonth;
        const excess = monthlyStorageCost(sizeBytes, copies, terms) * BYTES_PER_GB - exact;
        expect(excess >= 0n && excess < BYTES_PER_GB).toBe(true);
      }),
    );
  });

  it("is never nothing for bytes that have a price", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 16n), copies, fc.bigInt(1n, 10n ** 9n), (sizeBytes, copies, price) => {
        expect(monthlyStorageCost(sizeBytes, copies, { microCreditsPerGbMonth: price }) > 0n).toBe(true);
      }),
    );
  });

  it("gives no discount for cutting a file in two", () => {
    fc.assert(
      fc.property(fc.tuple(size, size), copies, terms, ([a, b], copies, terms) => {
        const parts = monthlyStorageCost(a, copies, terms) + monthlyStorageCost(b, copies, terms);
        const whole = monthlyStorageCost(a + b, copies, terms);
        expect(whole <= parts && parts <= whole + 1n).toBe(true);
      }),
    );
  });
});
