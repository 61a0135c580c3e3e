import { expect, it } from "vitest";
import { countTests, type TestCounts, type TestFile, type TestRun } from "./test-counts.ts";

const good: TestFile = { path: "a.test.ts", states: ["passed", "passed"], errors: 0 };

it.each([
  ["tests", { files: [good, { ...good, states: ["failed", "skipped"] }] }, { passed: 2, failed: 1, skipped: 1 }],
  ["a failed import", { files: [good, { ...good, states: [], errors: 1 }] }, { passed: 2, failed: 1, skipped: 0 }],
  ["a failed hook", { files: [{ ...good, errors: 1 }] }, { passed: 2, failed: 1, skipped: 0 }],
  ["a file without tests", { files: [good, { ...good, states: [] }] }, { passed: 2, failed: 1, skipped: 0 }],
  ["a test that never ended", { files: [{ ...good, states: ["pending"] }] }, { passed: 0, failed: 1, skipped: 0 }],
  ["unhandled errors", { files: [good], unhandledErrors: 2 }, { passed: 2, failed: 2, skipped: 0 }],
  ["no file at all", { files: [] }, { passed: 0, failed: 1, skipped: 0 }],
] satisfies [string, Pick<TestRun, "files"> & Partial<TestRun>, TestCounts][])("counts %s", (_, run, counts) => {
  expect(countTests({ unhandledErrors: 0, ...run })).toEqual(counts);
});
