import type { Clock } from "@commonhold/core/clock.ts";

export interface RequestRate {
  /** Requests that one peer may make for long. */
  readonly perSecond: number;
  /** Requests that it may make at once. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** The least recently heard peers are forgotten, which refills their bucket. */
const PEERS_MAX = 4096;

/** A token bucket for each peer. */
export class RequestRateLimiter {
  readonly #clock: Clock;
  readonly #rate: RequestRate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: RequestRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Whether `peerId` may make one more request now; if so, it is counted. */
  take(peerId: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(peerId) ?? { tokens: this.#rate.burst, filledAtMs: nowMs };
    this.#buckets.delete(peerId);
    this.#buckets.set(peerId, bucket);
    if (this.#buckets.size > PEERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    const gained = ((nowMs - bucket.filledAtMs) / 1000) * this.#rate.perSecond;
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + gained);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
