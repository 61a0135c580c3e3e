import type { Clock } from "@commonhold/core/clock.ts";
import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import { EPOCH_MS, type VirtualTime } from "../time/virtual-time.ts";

/** The coordinator's clock, that somebody sets now and then, and how it was set. */
export class WallClock implements Clock {
  readonly #time: VirtualTime;
  /** By how much the clock is ahead of the simulation's time from then on; the first from the start. */
  readonly #offsets: { readonly fromMs: number; readonly offsetMs: number }[];

  constructor(time: VirtualTime, startMs: number) {
    this.#time = time;
    this.#offsets = [{ fromMs: 0, offsetMs: startMs - EPOCH_MS }];
  }

  nowMs(): number {
    return EPOCH_MS + this.#time.elapsedMs + this.#offsets.at(-1)!.offsetMs;
  }

  monotonicMs(): number {
    return this.#time.elapsedMs;
  }

  step(byMs: number): void {
    this.#offsets.push({ fromMs: this.#time.elapsedMs, offsetMs: this.#offsets.at(-1)!.offsetMs + byMs });
  }

  /** When in the simulation's time the clock showed a time of this interval. */
  realSpansOf({ fromMs, toMs }: TimeInterval): readonly TimeInterval[] {
    return this.#offsets.flatMap(({ fromMs: sinceMs, offsetMs }, index) => {
      const untilMs = this.#offsets[index + 1]?.fromMs ?? this.#time.elapsedMs;
      const real = {
        fromMs: Math.max(sinceMs, fromMs - EPOCH_MS - offsetMs),
        toMs: Math.min(untilMs, toMs - EPOCH_MS - offsetMs),
      };
      return real.fromMs < real.toMs ? [real] : [];
    });
  }
}
