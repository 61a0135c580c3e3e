import { expect, test } from "vitest";
import { formatAsked, formatMegabytes, formatNumber, formatQuantity, formatRatio } from "./format-quantity.ts";

test.each([
  [5213.4, "5213"],
  [52.13, "52.1"],
  [5.2134, "5.21"],
  [0.5213, "0.521"],
  [0.00004, "0.0000"],
  [0, "0"],
  [Number.NaN, "-"],
])("%d is written %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test("units, ratios and limits", () => {
  expect(formatQuantity(1.5, "s")).toBe("1.50 s");
  expect(formatQuantity(Number.NaN, "ms")).toBe("-");
  expect(formatRatio(1.666)).toBe("1.67 ×");
  expect(formatRatio(Number.POSITIVE_INFINITY)).toBe("-");
  expect(formatAsked({ kind: "ratio-at-most", limit: 2 }, "s")).toBe("≤ 2.0 ×");
  expect(formatAsked({ kind: "ratio-at-least", limit: 0.9 }, "MB/s")).toBe("≥ 0.9 ×");
  expect(formatAsked({ kind: "at-most", limit: 100 }, "ms")).toBe("≤ 100 ms");
  expect(formatMegabytes(287_600_000)).toBe("288");
  expect(formatMegabytes(undefined)).toBe("-");
});
