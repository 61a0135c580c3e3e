import { cpuSecondsOf, memoryOf, resetPeakMemory } from "./proc-files.ts";

export interface NamedProcess {
  /** "coordinator", "node-1", "floor", "client". */
  readonly name: string;
  readonly pid: number;
}

export interface ProcessUsage {
  readonly name: string;
  /** The mean of the runs; undefined where the system does not tell. */
  readonly cpuSecondsPerRun: number | undefined;
  /** The most resident memory in any of the runs. */
  readonly peakRssBytes: number | undefined;
}

interface Tally {
  cpuSeconds: number;
  peakRssBytes: number;
}

/** Adds up what processes take while something is done, again and again. */
export class UsageMeter {
  readonly #processes: readonly NamedProcess[];
  readonly #tallies: ReadonlyMap<string, Tally>;
  #runs = 0;

  constructor(processes: readonly NamedProcess[]) {
    this.#processes = processes;
    this.#tallies = new Map(processes.map(({ name }) => [name, { cpuSeconds: 0, peakRssBytes: 0 }]));
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#processes.map(({ pid }) => cpuSecondsOf(pid));
    for (const { pid } of this.#processes) resetPeakMemory(pid);
    const result = await work();
    for (const [index, { name, pid }] of this.#processes.entries()) {
      const tally = this.#tallies.get(name)!;
      tally.cpuSeconds += (cpuSecondsOf(pid) ?? Number.NaN) - (before[index] ?? Number.NaN);
      tally.peakRssBytes = Math.max(tally.peakRssBytes, memoryOf(pid)?.peakBytes ?? Number.NaN);
    }
    this.#runs += 1;
    return result;
  }

  usage(): readonly ProcessUsage[] {
    return Array.from(this.#tallies, ([name, { cpuSeconds, peakRssBytes }]) => ({
      name,
      cpuSecondsPerRun: orUndefined(cpuSeconds / this.#runs),
      peakRssBytes: orUndefined(peakRssBytes),
    }));
  }
}

function orUndefined(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
