const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

export interface ChartSize {
  /** Signs. */
  readonly width: number;
  /** Lines, each of eight steps. */
  readonly height: number;
  /** The value at the upper edge; the lower one is 0. */
  readonly top: number;
}

/**
 * A curve as lines of blocks, the uppermost first. Each column shows the highest of the samples that it stands for, so
 * that no peak is lost; what is more than nothing shows at least a little, and NaN is left empty.
 */
export function areaChart(samples: readonly number[], { width, height, top }: ChartSize): string[] {
  const steps = BLOCKS.length - 1;
  const levels = bucketed(samples, width).map((bucket) => {
    const highest = Math.max(...bucket);
    return highest > 0 ? Math.max(1, Math.min(height * steps, Math.round((highest / top) * height * steps))) : 0;
  });
  return Array.from({ length: height }, (_, line) => {
    const below = (height - 1 - line) * steps;
    return levels.map((level) => BLOCKS[Math.max(0, Math.min(steps, level - below))] ?? " ").join("");
  });
}

/** The items in at most `width` neighbouring groups of about the same size, none empty. */
export function bucketed<Item>(items: readonly Item[], width: number): Item[][] {
  const count = Math.min(width, items.length);
  return Array.from({ length: count }, (_, index) =>
    items.slice(Math.floor((index * items.length) / count), Math.floor(((index + 1) * items.length) / count)),
  );
}
