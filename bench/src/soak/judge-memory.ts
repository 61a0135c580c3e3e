import type { MemorySample } from "./memory-samples.ts";

const COORDINATOR_BYTES_MAX = 300_000_000;
const NODE_BYTES_MAX = 200_000_000;

export interface MemoryVerdict {
  readonly process: string;
  /** One a sample; NaN where the system did not tell. */
  readonly curve: readonly number[];
  readonly meanBytes: number;
  readonly peakBytes: number;
  readonly limitBytes: number;
  /** Whether even the peak is under the limit; false where nothing is known. */
  readonly holds: boolean;
}

/** One verdict for each process, in their order. */
export function judgeMemory(
  processNames: readonly string[],
  samples: readonly MemorySample[],
): readonly MemoryVerdict[] {
  return processNames.map((process, index) => {
    const curve = samples.map((sample) => sample.rssBytes[index] ?? Number.NaN);
    const known = curve.filter((bytes) => !Number.isNaN(bytes));
    const peakBytes = known.length === 0 ? Number.NaN : Math.max(...known);
    const limitBytes = process === "coordinator" ? COORDINATOR_BYTES_MAX : NODE_BYTES_MAX;
    return {
      process,
      curve,
      meanBytes: known.reduce((sum, bytes) => sum + bytes, 0) / known.length,
      peakBytes,
      limitBytes,
      holds: peakBytes < limitBytes,
    };
  });
}
