import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEPOSIT_MS, depositRefund } from "./deposit-refund.ts";

const AT_MS = 1_700_000_000_000;
const DAY_MS = DEPOSIT_MS / 30;

describe("depositRefund", () => {
  it.each([
    [-DAY_MS, 1000n],
    [0, 1000n],
    [DAY_MS, 966n],
    [15 * DAY_MS, 500n],
    [29 * DAY_MS, 33n],
    [30 * DAY_MS, 0n],
    [400 * DAY_MS, 0n],
  ])("of 1000 after %i ms is %i", (usedMs, expected) => {
    expect(depositRefund({ amount: 1000n, atMs: AT_MS }, AT_MS + usedMs)).toBe(expected);
  });

  it("is never more than was deposited, and never more later", () => {
    const usedMs = fc.integer({ min: -DAY_MS, max: 40 * DAY_MS });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), usedMs, fc.nat({ max: DAY_MS }), (amount, usedMs, laterMs) => {
        const refund = depositRefund({ amount, atMs: AT_MS }, AT_MS + usedMs);
        expect(refund >= 0n && refund <= amount).toBe(true);
        expect(depositRefund({ amount, atMs: AT_MS }, AT_MS + usedMs + laterMs) <= refund).toBe(true);
      }),
    );
  });
});
