import type { Machine } from "../machine/describe-machine.ts";
import { judgeMeasure } from "./judge-measure.ts";
import type { Measure } from "./measure.ts";

export interface BenchResult {
  readonly startedAt: Date;
  readonly machine: Machine;
  readonly runs: number;
  readonly measures: readonly Measure[];
  /** Cases that did not work, and why. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

/** The result for programs: every sample, and what was made of them. */
export function measuresDocument({ startedAt, machine, runs, measures, failures }: BenchResult): object {
  return {
    started_at: startedAt.toISOString(),
    machine: {
      cores: machine.cores,
      processor: machine.processor,
      memory_bytes: machine.memoryBytes,
      system: machine.system,
      node_version: machine.nodeVersion,
      file_system: machine.fileSystem,
      load: machine.load,
    },
    runs,
    measures: measures.map(measureDocument),
    failures,
  };
}

function measureDocument(measure: Measure): object {
  const { name, what, unit, asked } = measure;
  const verdict = judgeMeasure(measure);
  return {
    name,
    what,
    unit,
    ours: { median: verdict.ours, samples: measure.ours },
    reference: { name: measure.referenceName, median: verdict.reference, samples: measure.reference },
    ratio: { value: verdict.ratio, min: verdict.ratioMin, max: verdict.ratioMax },
    asked: { kind: asked.kind.replaceAll("-", "_"), limit: asked.limit },
    holds: verdict.holds,
    usage: measure.usage.map((process) => ({
      process: process.name,
      cpu_seconds_per_run: process.cpuSecondsPerRun ?? null,
      peak_rss_bytes: process.peakRssBytes ?? null,
    })),
  };
}
