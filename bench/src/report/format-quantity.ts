import type { Asked, Unit } from "./measure.ts";

const MEGABYTE = 1_000_000;

/** Three significant digits, never an exponent: 0.0521, 5.21, 52.1, 5213. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}

export function formatQuantity(value: number, unit: Unit): string {
  return Number.isFinite(value) ? `${formatNumber(value)} ${unit}` : "-";
}

export function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : "-";
}

export function formatAsked(asked: Asked, unit: Unit): string {
  switch (asked.kind) {
    case "ratio-at-most":
      return `≤ ${asked.limit.toFixed(1)} ×`;
    case "ratio-at-least":
      return `≥ ${asked.limit.toFixed(1)} ×`;
    case "at-most":
      return `≤ ${asked.limit} ${unit}`;
  }
}

/** Whole megabytes of 10⁶ bytes. */
export function formatMegabytes(bytes: number | undefined): string {
  return bytes === undefined ? "-" : (bytes / MEGABYTE).toFixed(0);
}
