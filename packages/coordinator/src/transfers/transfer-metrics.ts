import type { Clock } from "@commonhold/core/clock.ts";
import { Counter, Histogram, type Registry } from "prom-client";

/** Counts and times of exchanges with nodes. */
export interface TransferMetrics {
  measure<T>(kind: string, call: () => Promise<T>): Promise<T>;
  /** A replica that was missing or wrong when it was read. */
  badReplica(reason: "missing" | "wrong" | "unreachable"): void;
  chunksStored(count: number): void;
}

export function createTransferMetrics(registry: Registry, clock: Clock): TransferMetrics {
  const durations = new Histogram({
    name: "commonhold_exchange_duration_seconds",
    help: "Time of an exchange with a node, by kind and outcome",
    labelNames: ["kind", "outcome"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  const badReplicas = new Counter({
    name: "commonhold_bad_replicas_total",
    help: "Replicas that could not be read as they should, by reason",
    labelNames: ["reason"],
    registers: [registry],
  });
  const stored = new Counter({
    name: "commonhold_chunks_stored_total",
    help: "Chunks acknowledged by a quorum of nodes and committed",
    registers: [registry],
  });
  return {
    measure: async (kind, call) => {
      const from = clock.monotonicMs();
      let outcome = "error";
      try {
        const result = await call();
        outcome = "ok";
        return result;
      } finally {
        durations.observe({ kind, outcome }, (clock.monotonicMs() - from) / 1000);
      }
    },
    badReplica: (reason) => badReplicas.inc({ reason }),
    chunksStored: (count) => stored.inc(count),
  };
}
