import type { Asked, Measure } from "./measure.ts";
import { median } from "./median.ts";

export interface Verdict {
  readonly ours: number;
  readonly reference: number;
  /** Of the medians. */
  readonly ratio: number;
  /** The least and the largest ratio of samples taken one after the other: how much the machine's noise does. */
  readonly ratioMin: number;
  readonly ratioMax: number;
  readonly holds: boolean;
}

export function judgeMeasure(measure: Pick<Measure, "ours" | "reference" | "asked">): Verdict {
  const ours = median(measure.ours);
  const reference = median(measure.reference);
  const ratio = ours / reference;
  const pairs = measure.ours.map((sample, index) => sample / (measure.reference[index] ?? Number.NaN));
  return {
    ours,
    reference,
    ratio,
    ratioMin: Math.min(...pairs),
    ratioMax: Math.max(...pairs),
    holds: doesHold(measure.asked, { ours, ratio }),
  };
}

function doesHold(asked: Asked, { ours, ratio }: { readonly ours: number; readonly ratio: number }): boolean {
  switch (asked.kind) {
    case "ratio-at-most":
      return ratio <= asked.limit;
    case "ratio-at-least":
      return ratio >= asked.limit;
    case "at-most":
      return ours <= asked.limit;
  }
}
