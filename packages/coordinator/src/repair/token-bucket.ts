import type { Clock } from "@commonhold/core/clock.ts";

/** A burst of so many seconds' worth may pass at once after a pause. */
const BURST_S = 1;

/**
 * A rate in bytes a second. What is taken may exceed what is there, so that a chunk larger than a second's worth passes
 * too; the next then waits until the debt is paid.
 */
export class TokenBucket {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #bytesPerSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(clock: Pick<Clock, "monotonicMs">, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = bytesPerSecond * BURST_S;
    this.#atMs = clock.monotonicMs();
  }

  setRate(bytesPerSecond: number): void {
    this.#refill();
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = Math.min(this.#tokens, bytesPerSecond * BURST_S);
  }

  /** Milliseconds until something may pass; 0 for now. */
  waitMs(): number {
    this.#refill();
    return this.#tokens > 0 ? 0 : Math.ceil((1 - this.#tokens) / (this.#bytesPerSecond / 1000));
  }

  take(bytes: number): void {
    this.#refill();
    this.#tokens -= bytes;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#atMs) * this.#bytesPerSecond) / 1000;
    this.#tokens = Math.min(this.#bytesPerSecond * BURST_S, this.#tokens + gained);
    this.#atMs = nowMs;
  }
}
