import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

/**
 * One run of the coordinator's process. When it is over, nothing that it began goes on: whoever waits for an answer
 * waits for ever, as a dead process does.
 */
export class CoordinatorLife {
  readonly #time: VirtualTime;
  readonly #ends: (() => void)[] = [];
  #isOver = false;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Cut off at once, without any leave. */
  end(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
  }

  onEnd(end: () => void): void {
    this.#ends.push(end);
  }

  /** What `work` comes to, as long as this life lasts. */
  through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) return never();
    return new Promise((resolve, reject) => {
      work().then(
        (value) => {
          if (!this.#isOver) resolve(value);
        },
        (error: unknown) => {
          if (!this.#isOver) reject(error);
        },
      );
    });
  }

  readonly sleep: Sleep = (ms, signal) => this.through(() => this.#time.sleep(ms, signal));

  every(intervalMs: number, firstMs: number, action: () => void): void {
    this.#ends.push(this.#time.every(intervalMs, firstMs, action));
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
