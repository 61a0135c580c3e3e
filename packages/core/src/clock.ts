/** Time, handed in so that simulation can replace it. */
export interface Clock {
  /** Milliseconds since 1970, may jump. */
  nowMs(): number;
  /** Milliseconds since some start, never goes back: for durations. */
  monotonicMs(): number;
}
