import type { Sleep } from "@commonhold/runtime/sleep.ts";

/** A sleep that lasts until the test ends it, and shows what was asked for. */
export class SteppedSleep {
  readonly asked: number[] = [];
  readonly #sleepers = new Set<() => void>();

  readonly sleep: Sleep = (ms, signal) => {
    this.asked.push(ms);
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#sleepers.delete(wake);
        resolve();
      };
      this.#sleepers.add(wake);
      signal.addEventListener("abort", wake);
    });
  };

  get isAsleep(): boolean {
    return this.#sleepers.size > 0;
  }

  /** Ends every sleep under way. */
  wake(): void {
    for (const wake of this.#sleepers) wake();
  }
}
