import { styleText } from "node:util";
import { formatColumns } from "../report/format-columns.ts";
import { areaChart, bucketed } from "./area-chart.ts";
import type { MemoryVerdict } from "./judge-memory.ts";
import type { MemorySample } from "./memory-samples.ts";

const WIDTH = 72;
const HEIGHT = 3;
const MEGABYTE = 1_000_000;

/** The curve of every process, as high as its limit or its peak, with mean and peak beside it. */
export function formatSoak(verdicts: readonly MemoryVerdict[], samples: readonly MemorySample[]): string[] {
  const titles = ["RSS MB", phaseLine(samples), "mean", "peak", "asked", ""];
  const [head = "", ...lines] = formatColumns([titles, ...verdicts.flatMap(rowsOf)], "llrrrl");
  return [styleText("dim", head), ...lines];
}

/** The figures stand beside the last line of the curve. */
function rowsOf({ process, curve, meanBytes, peakBytes, limitBytes, holds }: MemoryVerdict): readonly string[][] {
  const top = Math.max(limitBytes, Number.isNaN(peakBytes) ? 0 : peakBytes);
  const chart = areaChart(curve, { width: WIDTH, height: HEIGHT, top });
  const verdict = holds ? styleText("green", "holds") : styleText("red", "short");
  const figures = [megabytes(meanBytes), megabytes(peakBytes), `< ${megabytes(limitBytes)}`, verdict];
  return chart.map((line, index) => (index === HEIGHT - 1 ? [process, line, ...figures] : ["", line]));
}

function megabytes(bytes: number): string {
  return Number.isNaN(bytes) ? "-" : (bytes / MEGABYTE).toFixed(0);
}

/** Where going up begins and where going down, to the scale of the curves. */
function phaseLine(samples: readonly MemorySample[]): string {
  const phases = bucketed(samples, WIDTH).map((bucket) => bucket[0]!.phase);
  const ups = phases.filter((phase) => phase === "up").length;
  return labelled("up", ups) + labelled("down", phases.length - ups);
}

function labelled(label: string, width: number): string {
  return `╷${label}`.padEnd(width).slice(0, width);
}
