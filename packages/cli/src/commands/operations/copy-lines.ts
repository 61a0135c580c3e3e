import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { NodeName } from "../node-names.ts";

const SHOWN_MAX = 20;

interface Copy {
  readonly chunk: string;
  /** null for what the coordinator keeps itself. */
  readonly from: string | null;
  readonly to: string;
  readonly bytes: number;
}

/** A line for each copy that is made, or will be, the first twenty; and how many more of `count` there are. */
export function copyLines(
  copies: readonly Copy[],
  { count, nameOf }: { readonly count: number; readonly nameOf: NodeName },
): readonly string[] {
  const shown = copies.slice(0, SHOWN_MAX);
  const sizes = shown.map(({ bytes }) => formatByteSize(bytes));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  const lines = shown.map(({ chunk, from, to }, index) => {
    const way = `${from === null ? "the coordinator" : nameOf(from)} → ${nameOf(to)}`;
    return `  ${chunk.slice(0, 12)}…  ${sizes[index]?.padStart(width)}  ${way}`;
  });
  return count > shown.length ? [...lines, `  … and ${count - shown.length} more`] : lines;
}
