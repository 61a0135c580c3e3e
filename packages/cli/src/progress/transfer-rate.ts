import type { Clock } from "@commonhold/core/clock.ts";

const WINDOW_MS = 5_000;
const SAMPLE_MS = 200;
const SETTLE_MS = 400;

/** How fast bytes go, over the last seconds. */
export class TransferRate {
  readonly #clock: Clock;
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#samples.push({ atMs: clock.monotonicMs(), bytes: 0 });
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const atMs = this.#clock.monotonicMs();
    if (atMs - (this.#samples.at(-1)?.atMs ?? 0) < SAMPLE_MS) return;
    this.#samples.push({ atMs, bytes: this.#bytes });
    while (this.#samples.length > 2 && atMs - this.#samples[0]!.atMs > WINDOW_MS) this.#samples.shift();
  }

  /** Undefined during the first moments. */
  bytesPerSecond(): number | undefined {
    const first = this.#samples[0]!;
    const elapsedMs = this.#clock.monotonicMs() - first.atMs;
    return elapsedMs < SETTLE_MS ? undefined : ((this.#bytes - first.bytes) / elapsedMs) * 1000;
  }
}
