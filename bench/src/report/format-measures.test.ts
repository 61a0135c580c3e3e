import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { formatMeasures, formatUsage } from "./format-measures.ts";
import type { Measure } from "./measure.ts";

const usage = (name: string, cpuSecondsPerRun: number | undefined, peakRssBytes: number | undefined) => ({
  name,
  cpuSecondsPerRun,
  peakRssBytes,
});

const upload: Measure = {
  name: "upload-1gb",
  what: "1 GB up",
  unit: "s",
  ours: [6, 5, 7],
  referenceName: "floor",
  reference: [4, 4, 4],
  asked: { kind: "ratio-at-most", limit: 2 },
  usage: [
    usage("coordinator", 4.5, 250e6),
    usage("node-1", 1, 90e6),
    usage("node-2", 0.5, 91e6),
    usage("client", 0.25, 80e6),
    usage("floor", 3, 120e6),
  ],
};
const firstByte: Measure = {
  ...upload,
  name: "first-byte",
  what: "first byte",
  unit: "ms",
  ours: [120],
  reference: [10],
  asked: { kind: "at-most", limit: 100 },
  usage: [usage("coordinator", undefined, undefined), usage("node-1", undefined, undefined)],
};

const plain = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line));

test("a line a measure", () => {
  expect(plain(formatMeasures([upload, firstByte]))).toEqual([
    "case                      ours  reference           ratio        spread     asked",
    "upload-1gb  1 GB up     6.00 s     4.00 s  floor   1.50 ×  1.25 to 1.75   ≤ 2.0 ×  holds",
    "first-byte  first byte  120 ms    10.0 ms  floor  12.00 ×                ≤ 100 ms  short",
  ]);
});

test("what the processes took, as far as it is known", () => {
  expect(plain(formatUsage([upload, firstByte]))).toEqual([
    "              CPU s/run                        peak RSS MB",
    "case        coordinator  nodes  client  floor  coordinator  each node  floor",
    "upload-1gb         4.50   1.50   0.250   3.00          250      90 91    120",
    "first-byte            -      -       -      -            -          -      -",
  ]);
});
