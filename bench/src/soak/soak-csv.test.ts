import { expect, test } from "vitest";
import { soakCsv } from "./soak-csv.ts";

test("a line a sample", () => {
  const samples = [
    { seconds: 0.04, phase: "up", rssBytes: [100, 200] },
    { seconds: 0.55, phase: "down", rssBytes: [150, undefined] },
  ] as const;
  expect(soakCsv(["coordinator", "node-1"], samples)).toBe(
    "seconds,phase,coordinator_rss_bytes,node-1_rss_bytes\n0.0,up,100,200\n0.6,down,150,\n",
  );
});
