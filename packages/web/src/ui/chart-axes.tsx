import { AxisBottom, AxisLeft } from "@visx/axis";
import type { scaleBand, scaleLinear } from "@visx/scale";
import { dayText } from "../format/format-time.ts";

export type DayScale = ReturnType<typeof scaleBand<string>>;
export type ValueScale = ReturnType<typeof scaleLinear<number>>;

/** Room that the name of a day takes. */
const DAY_WIDTH = 52;
const DIGIT_WIDTH = 7.5;
const GAP = 8;
/** About so many numbers. */
export const VALUES = 3;

/** How much room the numbers at the left take. */
export function valuesWidth(y: ValueScale, format: (value: number) => string): number {
  return GAP + DIGIT_WIDTH * Math.max(...y.ticks(VALUES).map((value) => format(value).length));
}

interface ValueAxisProps {
  readonly scale: ValueScale;
  readonly format: (value: number) => string;
  readonly left: number;
  readonly right: number;
}

/** Numbers at the left, each with a line across. */
export function ValueAxis({ scale, format, left, right }: ValueAxisProps) {
  return (
    <AxisLeft
      left={left}
      scale={scale}
      numTicks={VALUES}
      tickFormat={(value) => format(Number(value))}
      hideAxisLine
      tickLength={left - right}
      tickLineProps={{ className: "chart-rule", stroke: "" }}
      tickComponent={({ y, formattedValue }) => (
        <text x={-GAP} y={y} dy="0.3em" textAnchor="end" className="chart-text">
          {formattedValue}
        </text>
      )}
    />
  );
}

/** The names of as many days as there is room for. */
export function DayAxis({ scale, top }: { readonly scale: DayScale; readonly top: number }) {
  const [, right] = scale.range();
  const every = Math.ceil(DAY_WIDTH / scale.step());
  const centre = (day: string) => (scale(day) ?? 0) + scale.bandwidth() / 2;
  const named = scale
    .domain()
    .filter((_, index) => index % every === 0)
    .filter((day) => centre(day) + DAY_WIDTH / 2 <= right + GAP);
  return (
    <AxisBottom
      top={top}
      scale={scale}
      tickValues={named}
      tickFormat={dayText}
      hideTicks
      stroke=""
      axisLineClassName="chart-line"
      tickComponent={({ x, formattedValue }) => (
        <text x={x} y={18} textAnchor="middle" className="chart-text">
          {formattedValue}
        </text>
      )}
    />
  );
}
