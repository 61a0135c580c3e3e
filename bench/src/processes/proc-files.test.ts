import { expect, test } from "vitest";
import { cpuSecondsOf, memoryOf, parseCpuSeconds, parseMemory } from "./proc-files.ts";

test("processor time stands behind a name that may hold anything", () => {
  const stat = "42 (node (a) b) S 1 42 42 0 -1 4194304 9 0 0 0 150 25 0 0 20 0 11 0 100 1 2";
  expect(parseCpuSeconds(stat)).toBe(1.75);
  expect(parseCpuSeconds("")).toBeUndefined();
});

test("memory is read in bytes", () => {
  expect(parseMemory("Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t11\n")).toEqual({
    rssBytes: 1_048_576,
    peakBytes: 2_097_152,
  });
  expect(parseMemory("Name:\tkthreadd\n")).toBeUndefined();
});

test("a process that is not there has neither", () => {
  expect(cpuSecondsOf(2 ** 30)).toBeUndefined();
  expect(memoryOf(2 ** 30)).toBeUndefined();
});

test.runIf(process.platform === "linux")("this process has both", () => {
  expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0);
  expect(memoryOf(process.pid)!.peakBytes).toBeGreaterThan(10_000_000);
});
