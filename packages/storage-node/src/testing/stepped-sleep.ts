import type { Sleep } from "../pacing/sleep.ts";

/** A sleep that lasts until the test ends it, and shows what was asked for. */
export class SteppedSleep {
  readonly asked: number[] = [];
  #wake: (() => void) | undefined;

  readonly sleep: Sleep = (ms, signal) => {
    this.asked.push(ms);
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake);
    });
  };

  get isAsleep(): boolean {
    return this.#wake !== undefined;
  }

  wake(): void {
    this.#wake?.();
  }
}
