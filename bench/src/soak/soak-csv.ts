import type { MemorySample } from "./memory-samples.ts";

/** A line a sample: seconds, phase, and the resident memory of each process in bytes. */
export function soakCsv(processNames: readonly string[], samples: readonly MemorySample[]): string {
  const rows = [
    ["seconds", "phase", ...processNames.map((name) => `${name}_rss_bytes`)],
    ...samples.map(({ seconds, phase, rssBytes }) => [seconds.toFixed(1), phase, ...rssBytes.map((rss) => rss ?? "")]),
  ];
  return rows.map((row) => `${row.join(",")}\n`).join("");
}
