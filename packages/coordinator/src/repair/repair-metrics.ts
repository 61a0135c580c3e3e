import { Counter, Gauge, type Registry } from "prom-client";
import type { RepairStatus } from "./repair-status.ts";

/** More copies missing than this are counted together. */
const MISSING_MAX = 5;

interface GaugeOptions {
  readonly help: string;
  readonly labelNames?: string[];
  /** Sets what there is to say now. */
  readonly read: (own: Gauge, now: RepairStatus) => void;
}

interface CounterOptions {
  readonly help: string;
  readonly read: (now: RepairStatus) => number;
}

const GAUGES: Readonly<Record<string, GaugeOptions>> = {
  commonhold_chunks_below_promise: {
    help: "Chunks with fewer copies than promised, by how many they lack",
    labelNames: ["missing"],
    read: (own, { census }) => {
      for (let missing = 1; missing <= MISSING_MAX; missing++) own.set({ missing }, 0);
      for (const [missing, chunks] of census?.belowByMissing ?? []) {
        own.inc({ missing: Math.min(missing, MISSING_MAX) }, chunks);
      }
    },
  },
  commonhold_chunks_below_promise_oldest_timestamp_seconds: {
    help: "Since when the first of them has been so, 0 where there is none",
    read: (own, { census }) => own.set((census?.oldestSinceMs ?? 0) / 1000),
  },
  commonhold_repair_queue_chunks: {
    help: "Chunks that wait to be repaired",
    labelNames: ["urgency"],
    read: (own, { queue }) => {
      for (const [urgency, chunks] of Object.entries(queue.byUrgency)) own.set({ urgency }, chunks);
    },
  },
  commonhold_repair_copies_in_flight: {
    help: "Copies being made",
    read: (own, { underWay }) => own.set(underWay.length),
  },
  commonhold_repair_bytes_left: {
    help: "Bytes still to be copied",
    read: (own, { bytesLeft }) => own.set(bytesLeft),
  },
  commonhold_repair_unrepairable_chunks: {
    help: "Chunks that cannot be repaired now",
    labelNames: ["reason"],
    read: (own, { unrepairable }) => {
      for (const [reason, chunks] of Object.entries(unrepairable)) own.set({ reason }, chunks);
    },
  },
  commonhold_repair_braked: {
    help: "1 while repair is held back, as many nodes are away at once",
    read: (own, { brake }) => own.set(brake === undefined ? 0 : 1),
  },
};

const COUNTERS: Readonly<Record<string, CounterOptions>> = {
  commonhold_repair_copies_total: { help: "Copies that repair has made", read: (now) => now.repairedCopies },
  commonhold_repair_bytes_total: { help: "Bytes that repair has copied", read: (now) => now.repairedBytes },
};

/** What repair has to say, asked at every reading. */
export function registerRepairMetrics(registry: Registry, status: () => RepairStatus): void {
  for (const [name, { help, labelNames = [], read }] of Object.entries(GAUGES)) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read(this, status());
      },
    });
  }
  for (const [name, { help, read }] of Object.entries(COUNTERS)) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(status()));
      },
    });
  }
}
