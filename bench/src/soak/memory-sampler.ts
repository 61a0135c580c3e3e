import { memoryOf } from "../processes/proc-files.ts";
import type { NamedProcess } from "../processes/usage-meter.ts";
import type { MemorySample, SoakPhase } from "./memory-samples.ts";

const INTERVAL_MS = 500;

/** Reads the memory of processes twice a second. */
export class MemorySampler {
  readonly samples: MemorySample[] = [];
  phase: SoakPhase = "up";
  readonly #processes: readonly NamedProcess[];
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(processes: readonly NamedProcess[]) {
    this.#processes = processes;
    this.#timer = setInterval(() => this.#sample(), INTERVAL_MS);
    this.#sample();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sample();
  }

  #sample(): void {
    this.samples.push({
      seconds: (performance.now() - this.#startedMs) / 1000,
      phase: this.phase,
      rssBytes: this.#processes.map(({ pid }) => memoryOf(pid)?.rssBytes),
    });
  }
}
