import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { formatDuration } from "../output/format-time.ts";
import { fitText, textWidth } from "./text-width.ts";

export interface ProgressView {
  readonly name: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Undefined while there is nothing to judge by. */
  readonly bytesPerSecond: number | undefined;
  /** Which of how many files, from 1. */
  readonly fileNumber: number;
  readonly fileCount: number;
}

const NAME_CELLS_MIN = 8;
const BAR_CELLS_MIN = 6;
const BAR_CELLS_MAX = 30;

/**
 * One line, never as wide as the terminal: what does not fit is left out, the least important first, so that it never
 * breaks into two.
 */
export function renderProgressLine(view: ProgressView, columns: number): string {
  const cells = Math.max(0, columns - 1);
  const share = view.totalBytes === 0 ? 1 : Math.min(1, view.doneBytes / view.totalBytes);
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  const parts = detailsOf(view);
  const counter = view.fileCount > 1 ? `[${view.fileNumber}/${view.fileCount}] ` : "";
  while (parts.length > 0 && restFor(cells, [counter, percent, ...parts]) < NAME_CELLS_MIN) parts.pop();
  const rest = restFor(cells, [counter, percent, ...parts]);
  if (rest < NAME_CELLS_MIN) return textWidth(percent.trim()) <= cells ? percent.trim() : "";
  const bar = barOf(share, rest - textWidth(view.name));
  const name = fitText(view.name, bar === "" ? rest : rest - textWidth(bar) - 2);
  return [`${counter}${name}`, percent, bar, ...parts].filter((part) => part !== "").join("  ");
}

/** The most important first. */
function detailsOf({ doneBytes, totalBytes, bytesPerSecond }: ProgressView): string[] {
  const parts = [`${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`];
  if (bytesPerSecond === undefined) return parts;
  parts.push(`${formatByteSize(Math.round(bytesPerSecond))}/s`);
  if (bytesPerSecond > 0 && doneBytes < totalBytes) {
    parts.push(`${formatDuration(((totalBytes - doneBytes) / bytesPerSecond) * 1000)} left`);
  }
  return parts;
}

/** Cells for the name beside these parts and the two spaces between any two. */
function restFor(cells: number, [counter = "", ...parts]: readonly string[]): number {
  return cells - textWidth(counter) - parts.reduce((sum, part) => sum + textWidth(part) + 2, 0);
}

function barOf(share: number, freeCells: number): string {
  const cells = Math.min(BAR_CELLS_MAX, freeCells - 4);
  if (cells < BAR_CELLS_MIN) return "";
  const full = Math.floor(share * cells);
  return `[${"#".repeat(full)}${"-".repeat(cells - full)}]`;
}
