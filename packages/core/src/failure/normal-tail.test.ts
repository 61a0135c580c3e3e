import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { log10NormalTail } from "./normal-tail.ts";

const ROUNDING = 1e-12;

describe("log10NormalTail", () => {
  it.each([
    [0, 0.5],
    [-1, 0.841344746068543],
    [-5, 0.999999713348428],
    [1, 0.158655253931457],
    [2, 0.0227501319481792],
    [2.9999999, 0.00134989847544693],
    [3, 0.00134989803163009],
    [4, 3.16712418331199e-5],
    [5, 2.86651571879194e-7],
    [5.61200124417479, 1e-8],
    [8, 6.22096057427178e-16],
    [20, 2.75362411860623e-89],
  ])("knows the chance to exceed %d", (z, chance) => {
    expect(log10NormalTail(z)).toBeCloseTo(Math.log10(chance), 7);
  });

  it("falls steadily, with no seam where it changes its way of reckoning, and is never above 0 or no number", () => {
    let before = 0;
    for (let z = -10; z < 60; z += 0.001) {
      const value = log10NormalTail(z);
      expect(value).toBeLessThanOrEqual(before + ROUNDING);
      expect(value).toBeLessThanOrEqual(0);
      before = value;
    }
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (z) => {
        const value = log10NormalTail(z);
        expect(value <= 0).toBe(true);
      }),
    );
  });
});
