import type { Clock } from "@commonhold/core/clock.ts";

const WINDOW_S = 60;

/** Bytes a second over the last minute. */
export class RepairRate {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** By second, the oldest first. */
  readonly #seconds: { readonly second: number; bytes: number }[] = [];

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  add(bytes: number): void {
    const second = this.#now();
    const last = this.#seconds.at(-1);
    if (last?.second === second) last.bytes += bytes;
    else this.#seconds.push({ second, bytes });
    this.#forget(second);
  }

  bytesPerSecond(): number {
    const second = this.#now();
    this.#forget(second);
    const sum = this.#seconds.reduce((total, { bytes }) => total + bytes, 0);
    return sum / (second - (this.#seconds[0]?.second ?? second) + 1);
  }

  #forget(second: number): void {
    while (this.#seconds.length > 0 && this.#seconds[0]!.second <= second - WINDOW_S) this.#seconds.shift();
  }

  #now(): number {
    return Math.floor(this.#clock.monotonicMs() / 1000);
  }
}
