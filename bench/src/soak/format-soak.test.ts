import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { formatSoak } from "./format-soak.ts";
import { judgeMemory } from "./judge-memory.ts";
import type { MemorySample } from "./memory-samples.ts";

const MB = 1_000_000;
const NAMES = ["coordinator", "node-1"];

function sampled(phase: "up" | "down", coordinator: number, node: number | undefined): MemorySample {
  return { seconds: 0, phase, rssBytes: [coordinator * MB, node === undefined ? undefined : node * MB] };
}

test("peaks are judged, the coordinator's by 300 MB and a node's by 200 MB", () => {
  const verdicts = judgeMemory(NAMES, [sampled("up", 100, 150), sampled("up", 299, 200), sampled("down", 201, 100)]);
  expect(verdicts).toMatchObject([
    { process: "coordinator", meanBytes: 200 * MB, peakBytes: 299 * MB, limitBytes: 300 * MB, holds: true },
    { process: "node-1", meanBytes: 150 * MB, peakBytes: 200 * MB, limitBytes: 200 * MB, holds: false },
  ]);
});

test("what is not known does not hold", () => {
  expect(judgeMemory(NAMES, [sampled("up", 100, undefined)])[1]).toMatchObject({ peakBytes: Number.NaN, holds: false });
});

test("curves under the phases that they belong to", () => {
  const samples = [
    ...new Array<MemorySample>(6).fill(sampled("up", 150, 50)),
    ...new Array<MemorySample>(6).fill(sampled("down", 310, undefined)),
  ];
  const lines = formatSoak(judgeMemory(NAMES, samples), samples);
  expect(lines.map((line) => stripVTControlCharacters(line))).toEqual([
    "RSS MB       ╷up   ╷down   mean  peak  asked",
    "                   ██████",
    "             ▄▄▄▄▄▄██████",
    "coordinator  ████████████   230   310  < 300  short",
    "",
    "",
    "node-1       ▆▆▆▆▆▆          50    50  < 200  holds",
  ]);
});
