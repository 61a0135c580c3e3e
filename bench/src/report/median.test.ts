import { expect, test } from "vitest";
import { median } from "./median.ts";

test.each([
  [[7], 7],
  [[3, 1, 2], 2],
  [[10, 9, 1, 2], 5.5],
  [[5, 5, 100, 5, 1], 5],
])("the median of %j is %d", (samples, expected) => {
  expect(median(samples)).toBe(expected);
});

test("nothing has no median, and samples stay in their order", () => {
  expect(median([])).toBeNaN();
  const samples = [3, 1, 2];
  median(samples);
  expect(samples).toEqual([3, 1, 2]);
});
