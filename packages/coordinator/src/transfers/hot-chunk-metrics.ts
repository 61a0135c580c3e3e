import { Counter, Gauge, type Registry } from "prom-client";
import type { HotChunks } from "./hot-chunks.ts";

/** Counts what was asked of the chunks in memory. */
export interface HotChunkMetrics {
  asked(outcome: "hit" | "miss"): void;
}

export function createHotChunkMetrics(registry: Registry, hot: Pick<HotChunks, "usedBytes">): HotChunkMetrics {
  const requests = new Counter({
    name: "commonhold_hot_chunk_requests_total",
    help: "Reads of chunks small enough to be kept in memory, by whether they were",
    labelNames: ["outcome"],
    registers: [registry],
  });
  new Gauge({
    name: "commonhold_hot_chunk_bytes",
    help: "Memory that small chunks read or written last take",
    registers: [registry],
    collect() {
      this.set(hot.usedBytes);
    },
  });
  return { asked: (outcome) => requests.inc({ outcome }) };
}
