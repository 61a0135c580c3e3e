import type { Clock } from "@commonhold/core/clock.ts";

/** A call that takes longer, or several in a row, hold up whatever else this thread has to do. */
const SLOW_MS = 10;
const SLOW_FOR_MS = 10_000;

/**
 * Decides how short calls of the file system are made: at once, as long as the disk answers at once, since to hand them
 * to another thread and back costs more than the calls themselves; on another thread once the disk has shown to be slow,
 * and where a row of them, as of a batch, takes long as a whole.
 */
export class DiskPace {
  readonly #clock: Clock;
  #slowUntilMs = 0;
  /** What the calls of this turn of the event loop have taken together. */
  #turnMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does it by `now` on this thread, or by `later` on another. */
  async run<T>(now: () => T, later: () => Promise<T>): Promise<T> {
    const startedMs = this.#clock.monotonicMs();
    if (startedMs < this.#slowUntilMs || this.#turnMs > SLOW_MS) return await later();
    try {
      return now();
    } finally {
      const endedMs = this.#clock.monotonicMs();
      if (endedMs - startedMs > SLOW_MS) this.#slowUntilMs = endedMs + SLOW_FOR_MS;
      else this.#spend(endedMs - startedMs);
    }
  }

  #spend(ms: number): void {
    if (this.#turnMs === 0) setImmediate(() => (this.#turnMs = 0));
    this.#turnMs += ms;
  }
}
