import { styleText } from "node:util";
import { formatColumns } from "./format-columns.ts";
import { formatNumber } from "./format-quantity.ts";
import { median } from "./median.ts";

/** Something measured by itself, without a floor beside it. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly asked?: { readonly text: string; readonly holds: (value: number) => boolean };
}

export const atLeast = (limit: number) => ({ text: `≥ ${limit}`, holds: (value: number) => value >= limit });
export const below = (limit: number) => ({ text: `< ${limit}`, holds: (value: number) => value < limit });

export function allHold(figures: readonly Figure[]): boolean {
  return figures.every(({ asked, samples }) => asked === undefined || asked.holds(median(samples)));
}

export function formatFigures(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map(({ what, unit, samples, asked }) => {
    const value = median(samples);
    const verdict = asked?.holds(value) === true ? styleText("green", "holds") : styleText("red", "short");
    const spread =
      samples.length > 1 ? `${formatNumber(Math.min(...samples))} to ${formatNumber(Math.max(...samples))}` : "";
    return [what, `${formatNumber(value)} ${unit}`, spread, asked?.text ?? "", asked === undefined ? "" : verdict];
  });
  return formatColumns([["", "measured", "spread", "asked", ""], ...rows], "lrrrl");
}
