import { expect, test } from "vitest";
import { judgeMeasure } from "./judge-measure.ts";

const samples = { ours: [4, 9, 6], reference: [2, 3, 4] };

test("medians are compared, and the spread is of neighbours", () => {
  expect(judgeMeasure({ ...samples, asked: { kind: "ratio-at-most", limit: 2 } })).toEqual({
    ours: 6,
    reference: 3,
    ratio: 2,
    ratioMin: 1.5,
    ratioMax: 3,
    holds: true,
  });
});

test.each([
  [{ kind: "ratio-at-most", limit: 1.99 }, false],
  [{ kind: "ratio-at-least", limit: 2 }, true],
  [{ kind: "ratio-at-least", limit: 2.01 }, false],
  [{ kind: "at-most", limit: 6 }, true],
  [{ kind: "at-most", limit: 5.9 }, false],
] as const)("%j: %s", (asked, holds) => {
  expect(judgeMeasure({ ...samples, asked }).holds).toBe(holds);
});

test("what was not measured does not hold", () => {
  const nothing = { ours: [], reference: [] };
  for (const kind of ["ratio-at-most", "ratio-at-least", "at-most"] as const) {
    expect(judgeMeasure({ ...nothing, asked: { kind, limit: 1 } }).holds).toBe(false);
  }
});
