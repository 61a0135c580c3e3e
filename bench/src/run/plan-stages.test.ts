import { expect, test } from "vitest";
import { ALL_CASES } from "../cases/all-cases.ts";
import type { BenchCase } from "../cases/bench-case.ts";
import { planStages } from "./plan-stages.ts";

const GB = 1_000_000_000;

function aCase(stage: string, uploads: number, reads: number): BenchCase {
  const needs = (count: number) => () => ({ sizeBytes: GB, ours: count, floor: 0 });
  return {
    name: stage,
    summary: "",
    stage,
    uploads: needs(uploads),
    reads: needs(reads),
    run: () => Promise.resolve([]),
  };
}

const gigabytes = (cases: readonly BenchCase[]) =>
  planStages(cases, 1).map((stage) => Math.floor(stage.diskBytes / GB / 3));

test("uploads add up, and what is there already is read", () => {
  expect(gigabytes([aCase("a", 2, 0), aCase("a", 0, 2)])).toEqual([2]);
  expect(gigabytes([aCase("a", 2, 0), aCase("a", 0, 5)])).toEqual([5]);
  expect(gigabytes([aCase("a", 2, 0), aCase("a", 3, 4)])).toEqual([5]);
  expect(gigabytes([aCase("a", 0, 3)])).toEqual([3]);
});

test("a stage ends where another begins", () => {
  expect(gigabytes([aCase("a", 1, 0), aCase("b", 2, 0), aCase("a", 4, 0)])).toEqual([1, 2, 4]);
});

test("five runs of all cases take at most 40 GB at once, in one network a stage", () => {
  const stages = planStages(ALL_CASES, 5);
  expect(stages).toHaveLength(new Set(ALL_CASES.map((each) => each.stage)).size);
  for (const stage of stages) expect(stage.diskBytes).toBeLessThan(40 * GB);
});

test("cases have names of their own", () => {
  expect(new Set(ALL_CASES.map((each) => each.name)).size).toBe(ALL_CASES.length);
});
