import { styleText } from "node:util";
import { formatAsked, formatMegabytes, formatNumber, formatQuantity, formatRatio } from "./format-quantity.ts";
import { formatColumns } from "./format-columns.ts";
import { judgeMeasure } from "./judge-measure.ts";
import type { Measure } from "./measure.ts";

/** The medians, their ratio, what was asked, and whether it holds. */
export function formatMeasures(measures: readonly Measure[]): string[] {
  const rows = measures.map((measure) => {
    const { ours, reference, ratio, ratioMin, ratioMax, holds } = judgeMeasure(measure);
    return [
      measure.name,
      measure.what,
      formatQuantity(ours, measure.unit),
      formatQuantity(reference, measure.unit),
      measure.referenceName,
      formatRatio(ratio),
      measure.ours.length > 1 ? `${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)}` : "",
      formatAsked(measure.asked, measure.unit),
      holds ? styleText("green", "holds") : styleText("red", "short"),
    ];
  });
  const titles = ["case", "", "ours", "reference", "", "ratio", "spread", "asked", ""];
  return withTitles(formatColumns([titles, ...rows], "llrrlrrrl"));
}

/** Processor time and memory of every process, while ours was measured; of the floor, while the floor was. */
export function formatUsage(measures: readonly Measure[]): string[] {
  const rows = measures.map(({ name, usage }) => {
    const nodes = usage.filter((each) => each.name.startsWith("node-"));
    const named = (wanted: string) => usage.find((each) => each.name === wanted);
    const cpu = (seconds: number | undefined) => (seconds === undefined ? "-" : formatNumber(seconds));
    return [
      name,
      cpu(named("coordinator")?.cpuSecondsPerRun),
      cpu(sum(nodes.map((node) => node.cpuSecondsPerRun))),
      cpu(named("client")?.cpuSecondsPerRun),
      cpu(named("floor")?.cpuSecondsPerRun),
      formatMegabytes(named("coordinator")?.peakRssBytes),
      nodes.map((node) => formatMegabytes(node.peakRssBytes)).join(" "),
      formatMegabytes(named("floor")?.peakRssBytes),
    ];
  });
  const groups = ["", "CPU s/run", "", "", "", "peak RSS MB", "", ""];
  const titles = ["case", "coordinator", "nodes", "client", "floor", "coordinator", "each node", "floor"];
  const [group = "", ...lines] = formatColumns([groups, titles, ...rows], "lrrrrrrr");
  return [styleText("dim", group), ...withTitles(lines)];
}

function withTitles([titles = "", ...lines]: readonly string[]): string[] {
  return [styleText("dim", titles), ...lines];
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((total, value) => (total === undefined || value === undefined ? undefined : total + value), 0);
}
