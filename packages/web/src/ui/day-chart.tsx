import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar, BarStack, Line } from "@visx/shape";
import { useId, useRef } from "react";
import { DayAxis, type DayScale, VALUES, ValueAxis, type ValueScale, valuesWidth } from "./chart-axes.tsx";
import { Hatching, type Tone, toneFill } from "./hatching.tsx";
import { useWidth } from "./use-width.ts";

export interface ChartDay {
  /** "2026-01-31". */
  readonly day: string;
  /** A number for each series, from the bottom; undefined where nothing is known of the day. */
  readonly parts: readonly number[] | undefined;
  /** For the pointer that rests on it. */
  readonly title: string;
}

interface Series {
  readonly name: string;
  readonly tone: Tone;
}

interface DayChartProps {
  /** What it shows and what comes of it, for those who do not see it. Its figures stand in a table beside it. */
  readonly label: string;
  readonly days: readonly ChartDay[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** The end of the scale, where it is not what is highest. */
  readonly max?: number;
  /** A line across all days. */
  readonly limit?: number;
}

const HEIGHT = 176;
const MARGIN = { top: 10, right: 2, bottom: 24 };

/** A bar for each day. */
export function DayChart(props: DayChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const id = useId();
  const { label, series } = props;
  return (
    <figure className="chart">
      <div ref={box} className="chart-box">
        {width === 0 ? null : (
          <svg width={width} height={HEIGHT} role="img" aria-label={label}>
            <Hatching id={id} />
            <Bars {...props} width={width} id={id} />
          </svg>
        )}
      </div>
      {series.length === 1 ? null : (
        <figcaption className="chart-legend">
          {series.map(({ name, tone }) => (
            <span key={name}>
              <svg width="12" height="12" aria-hidden="true">
                <rect width="12" height="12" rx="2" className={`tone-${tone}`} fill={toneFill(tone, id)} />
              </svg>
              {name}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

interface BarsProps extends DayChartProps {
  readonly width: number;
  readonly id: string;
}

type KnownDay = ChartDay & { readonly parts: readonly number[] };

function Bars({ days, series, format, max, limit, width, id }: BarsProps) {
  const known = days.filter((day): day is KnownDay => day.parts !== undefined);
  const highest = max ?? Math.max(0, ...known.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0)));
  const range: [number, number] = [HEIGHT - MARGIN.bottom, MARGIN.top];
  const y = scaleLinear<number>({
    domain: [0, highest === 0 ? 1 : highest],
    range,
    ...(max === undefined ? { nice: VALUES } : {}),
  });
  const [left, right] = [valuesWidth(y, format), width - MARGIN.right];
  const x = scaleBand({ domain: days.map(({ day }) => day), range: [left, right], padding: 0.25 });
  return (
    <>
      <ValueAxis scale={y} format={format} left={left} right={right} />
      <Stacks days={known} series={series} x={x} y={y} id={id} />
      {known
        .filter(({ parts }) => parts.every((part) => part === 0))
        .map(({ day }) => (
          <Bar key={day} className="tone-none" x={x(day) ?? 0} y={range[0] - 2} width={x.bandwidth()} height={2} />
        ))}
      {known.map(({ day, title }) => (
        <Bar
          key={day}
          x={x(day) ?? 0}
          y={range[1]}
          width={x.bandwidth()}
          height={range[0] - range[1]}
          fill="transparent"
        >
          <title>{title}</title>
        </Bar>
      ))}
      {limit === undefined ? null : (
        <Line className="chart-limit" from={{ x: left, y: y(limit) }} to={{ x: right, y: y(limit) }} />
      )}
      <DayAxis scale={x} top={range[0]} />
    </>
  );
}

interface StacksProps {
  readonly days: readonly KnownDay[];
  readonly series: readonly Series[];
  readonly x: DayScale;
  readonly y: ValueScale;
  readonly id: string;
}

function Stacks({ days, series, x, y, id }: StacksProps) {
  return (
    <BarStack
      data={[...days]}
      keys={series.map((_, index) => index)}
      value={({ parts }, key) => parts[key] ?? 0}
      x={({ day }) => day}
      xScale={x}
      yScale={y}
      color={(key) => toneFill(series[key]!.tone, id)}
    >
      {(stacks) =>
        stacks.flatMap(({ key, bars }) =>
          bars
            .filter(({ height }) => height > 0)
            .map((bar) => (
              <Bar
                key={`${key}-${bar.index}`}
                className={`tone-${series[key]!.tone}`}
                x={bar.x}
                y={bar.y}
                width={bar.width}
                height={bar.height}
                fill={bar.color}
              />
            )),
        )
      }
    </BarStack>
  );
}
