import type { ProcessUsage } from "../processes/usage-meter.ts";

/** Of the samples: seconds, milliseconds, or 10⁶ bytes a second. */
export type Unit = "s" | "ms" | "MB/s";

/** What is asked of a measure; a ratio is ours to the reference. */
export type Asked =
  | { readonly kind: "ratio-at-most"; readonly limit: number }
  | { readonly kind: "ratio-at-least"; readonly limit: number }
  /** In the measure's unit, whatever the reference does. */
  | { readonly kind: "at-most"; readonly limit: number };

/** What was measured: ours and what it is compared with, taken in turn. */
export interface Measure {
  readonly name: string;
  /** "1 GB up in one request". */
  readonly what: string;
  readonly unit: Unit;
  readonly ours: readonly number[];
  /** "floor", "one at a time". */
  readonly referenceName: string;
  readonly reference: readonly number[];
  readonly asked: Asked;
  /** Of every process, while ours was measured (the floor's: while the floor was). */
  readonly usage: readonly ProcessUsage[];
}
