import fc from "fast-check";
import { expect, test } from "vitest";
import { areaChart, bucketed } from "./area-chart.ts";

test("a curve from nothing to the top and above", () => {
  expect(areaChart([0, 1, 10, 20, 30, 40, 50, 60, 70, 80, 90], { width: 20, height: 1, top: 80 })).toEqual([
    " ▁▁▂▃▄▅▆▇██",
  ]);
});

test("lines stand on each other", () => {
  expect(areaChart([0, 40, 80, 100, 160], { width: 5, height: 2, top: 160 })).toEqual([
    "   ▂█", //
    " ▄███",
  ]);
});

test("of many samples the highest shows", () => {
  expect(areaChart([0, 0, 80, 0, 0, 0], { width: 2, height: 1, top: 80 })).toEqual(["█ "]);
});

test("what is not known stays empty", () => {
  expect(areaChart([Number.NaN, 80], { width: 2, height: 1, top: 80 })).toEqual([" █"]);
  expect(areaChart([], { width: 2, height: 1, top: 80 })).toEqual([""]);
});

test("buckets hold every item once, in order, and none is empty", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 200 }), fc.integer({ min: 1, max: 80 }), (items, width) => {
      const buckets = bucketed(items, width);
      expect(buckets.flat()).toEqual(items);
      expect(buckets.length).toBe(Math.min(width, items.length));
      expect(buckets.every((bucket) => bucket.length > 0)).toBe(true);
    }),
  );
});
