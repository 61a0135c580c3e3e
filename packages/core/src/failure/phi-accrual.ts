import { log10NormalTail } from "./normal-tail.ts";

/** Enough to know a node's habits, few enough to forget them within the hour. */
const WINDOW = 100;
/** With phi 8 a node is then suspect after 2.4 intervals at the earliest: one heartbeat may get lost. */
const DEVIATION_SHARE_MIN = 0.25;
/** An interval this short tells of a report made early, not of the node's pace. */
const EARLY_SHARE = 0.5;
/** A gap this long was an absence: it says nothing of how regular the node is while it is there. */
const ABSENCE_INTERVALS = 6;

export interface HeartbeatPace {
  /** How often a heartbeat is due. */
  readonly intervalMs: number;
  /** How many of the last intervals count. */
  readonly window?: number;
}

/**
 * When a node's heartbeats came, and how suspicious its silence is: Hayashibara, Défago, Yared and Katayama 2004, "The φ
 * accrual failure detector". phi = −log10 of the chance that a heartbeat comes later than now, with the intervals
 * taken as normally distributed: at phi 8 one suspicion in 10^8 is wrong.
 *
 * Departures from the paper, so that irregular reports do not make it jumpy: an interval counts with the nominal one at
 * least (a report made early says nothing of how late one may be), those under half of it and absences are left out, and
 * the deviation is at least a quarter of the nominal interval.
 *
 * Times are those of a monotonic clock, any origin; one that lies before the last one is taken as the last one.
 */
export class HeartbeatHistory {
  readonly #intervalMs: number;
  readonly #intervals: Float64Array;
  #count = 0;
  #next = 0;
  #lastAtMs: number | undefined;
  #meanMs: number;
  #deviationMs: number;

  constructor(pace: HeartbeatPace) {
    this.#intervalMs = pace.intervalMs;
    this.#intervals = new Float64Array(pace.window ?? WINDOW);
    this.#meanMs = pace.intervalMs;
    this.#deviationMs = DEVIATION_SHARE_MIN * pace.intervalMs;
  }

  /** When the last heartbeat came; undefined before the first. */
  get lastAtMs(): number | undefined {
    return this.#lastAtMs;
  }

  observe(atMonotonicMs: number): void {
    const lastAtMs = this.#lastAtMs;
    if (lastAtMs === undefined) {
      this.#lastAtMs = atMonotonicMs;
      return;
    }
    const elapsedMs = atMonotonicMs - lastAtMs;
    if (elapsedMs < 0) return;
    this.#lastAtMs = atMonotonicMs;
    if (elapsedMs < EARLY_SHARE * this.#intervalMs || elapsedMs > ABSENCE_INTERVALS * this.#intervalMs) return;
    this.#record(Math.max(elapsedMs, this.#intervalMs));
  }

  /** Since the last heartbeat; 0 before the first. */
  silenceMs(nowMonotonicMs: number): number {
    return this.#lastAtMs === undefined ? 0 : Math.max(0, nowMonotonicMs - this.#lastAtMs);
  }

  /** From 0 (just heard) upwards, never falling while nothing is heard; 0 before the first heartbeat. */
  phi(nowMonotonicMs: number): number {
    if (this.#lastAtMs === undefined) return 0;
    const z = (this.silenceMs(nowMonotonicMs) - this.#meanMs) / this.#deviationMs;
    return Math.max(0, -log10NormalTail(z));
  }

  #record(intervalMs: number): void {
    this.#intervals[this.#next] = intervalMs;
    this.#next = (this.#next + 1) % this.#intervals.length;
    this.#count = Math.min(this.#count + 1, this.#intervals.length);
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sum += this.#intervals[i]!;
    const mean = sum / this.#count;
    let squares = 0;
    for (let i = 0; i < this.#count; i++) squares += (this.#intervals[i]! - mean) ** 2;
    this.#meanMs = mean;
    this.#deviationMs = Math.max(Math.sqrt(squares / this.#count), DEVIATION_SHARE_MIN * this.#intervalMs);
  }
}
