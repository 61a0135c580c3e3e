import type { ProtocolName } from "@commonhold/wire/protocols.ts";
import type { StoreTotals } from "../chunk-store/chunk-store.ts";
import type { EvictionState } from "../eviction/evictor.ts";
import type { ScrubState } from "../scrub/scrub.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const EXCHANGE_SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 90];
const FSYNC_SECONDS_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a node counts while it runs. */
export interface NodeMetrics {
  /** An exchange that this node served. @param outcome "OK", or the error code of the refusal */
  onExchange(protocol: ProtocolName, outcome: string, durationMs: number): void;
  readonly onFsync: (durationMs: number) => void;
  /** Reads these whenever the metrics are asked for. */
  watch(sources: MetricSources): void;
}

export interface MetricSources {
  readonly totals: () => StoreTotals;
  /** Undefined before the first heartbeat that the coordinator took. */
  readonly heartbeatAgeMs: () => number | undefined;
  readonly isDraining: () => boolean;
  readonly scrub: () => ScrubState;
  readonly eviction: () => EvictionState;
}

export function createNodeMetrics(registry: Registry): NodeMetrics {
  const registers = [registry];
  const exchanges = new Counter({
    name: "commonhold_node_exchanges_total",
    help: "Requests of peers that this node answered, by protocol and outcome (OK or an error code).",
    labelNames: ["protocol", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "commonhold_node_exchange_duration_seconds",
    help: "How long requests of peers took, by protocol.",
    labelNames: ["protocol"],
    buckets: EXCHANGE_SECONDS_BUCKETS,
    registers,
  });
  const fsyncs = new Histogram({
    name: "commonhold_node_fsync_duration_seconds",
    help: "How long the disk took to make a file or a folder durable.",
    buckets: FSYNC_SECONDS_BUCKETS,
    registers,
  });
  return {
    onExchange(protocol, outcome, durationMs) {
      exchanges.inc({ protocol, outcome });
      durations.observe({ protocol }, durationMs / 1000);
    },
    onFsync: (durationMs) => fsyncs.observe(durationMs / 1000),
    watch: (sources) => watchSources(registry, sources),
  };
}

function watchSources(registry: Registry, sources: MetricSources): void {
  const gauges: readonly { readonly name: string; readonly help: string; readonly read: () => number }[] = [
    {
      name: "commonhold_node_stored_bytes",
      help: "Sealed bytes that this node holds.",
      read: () => sources.totals().heldBytes,
    },
    {
      name: "commonhold_node_disk_bytes",
      help: "What the chunks take on the disk: their files, and packs with all that is in them.",
      read: () => sources.totals().usedBytes,
    },
    {
      name: "commonhold_node_dead_bytes",
      help: "Bytes in packs that no chunk needs any more; compaction gives them back.",
      read: () => sources.totals().deadBytes,
    },
    { name: "commonhold_node_chunks", help: "Chunks that this node holds.", read: () => sources.totals().chunkCount },
    {
      name: "commonhold_node_heartbeat_age_seconds",
      help: "Seconds since the coordinator last took this node's report; NaN before the first.",
      read: () => (sources.heartbeatAgeMs() ?? Number.NaN) / 1000,
    },
    {
      name: "commonhold_node_draining",
      help: "1 while this node is being emptied, else 0.",
      read: () => (sources.isDraining() ? 1 : 0),
    },
    {
      name: "commonhold_node_damaged_chunks",
      help: "Chunks that this node found to be damaged and still has on its disk.",
      read: () => sources.totals().damagedCount,
    },
    {
      name: "commonhold_node_unreported_losses",
      help: "Chunks found to be damaged or missing of which the coordinator was not told yet.",
      read: () => sources.totals().lossCount,
    },
    {
      name: "commonhold_node_wanted_free_bytes",
      help: "Bytes that have to go, as the node holds more than it may, when it was looked at last.",
      read: () => sources.eviction().wantedBytes,
    },
    {
      name: "commonhold_node_scrub_progress",
      help: "How far the scrub under way, or the latest one, is: 0 to 1.",
      read: () => sources.scrub().progress,
    },
    {
      name: "commonhold_node_scrub_last_full_timestamp_seconds",
      help: "When every chunk had last been reread, in seconds since 1970; NaN before the first time.",
      read: () => (sources.scrub().last?.finished_at_ms ?? Number.NaN) / 1000,
    },
  ];
  for (const { name, help, read } of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}
