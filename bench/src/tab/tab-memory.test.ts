import { expect, it } from "vitest";
import { courseOf } from "./tab-memory.ts";

const SAMPLES = [
  { seconds: 0, rssBytes: 100, heapBytes: 7 },
  { seconds: 1, rssBytes: 400, heapBytes: 9 },
  { seconds: 2, rssBytes: 130, heapBytes: 8 },
];

it("is told by where it begins, its mean, its peak and its end", () => {
  expect(courseOf(SAMPLES, "rssBytes")).toEqual({ start: 100, mean: 210, peak: 400, end: 130 });
  expect(courseOf(SAMPLES, "heapBytes")).toEqual({ start: 7, mean: 8, peak: 9, end: 8 });
});

it("is not told of a tab that was never looked at", () => {
  expect(() => courseOf([], "rssBytes")).toThrow("not looked at");
});
