import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatUsd, parseUsdCents } from "./usd-amount.ts";

describe("parseUsdCents", () => {
  it.each([
    [10, 1000],
    [0.01, 1],
    [10.1, 1010],
    [1.15, 115],
    ["10", 1000],
    ["2.5", 250],
    ["2.50", 250],
    ["1000000000", 100_000_000_000],
    [4.35, 435],
  ])("reads %j as %i cents", (amount, cents) => {
    expect(parseUsdCents(amount)).toBe(cents);
  });

  it.each([0, -1, -0.01, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1.005, 0.1 + 0.2, 1e-7])(
    "refuses the number %d",
    (amount) => {
      expect(() => parseUsdCents(amount)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    },
  );

  it.each(["", "0", "0.00", "-1", "+1", "1.", ".5", "1.000", "1e3", "0x10", "1,5", "1 000", " 1", "01", "ten", "١"])(
    "refuses %j",
    (amount) => {
      expect(() => parseUsdCents(amount)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    },
  );

  it("is exact for every amount, as text and as number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (cents) => {
        expect(parseUsdCents(formatUsd(cents))).toBe(cents);
        expect(parseUsdCents(Number(formatUsd(cents)))).toBe(cents);
      }),
    );
  });
});
