import type { TraceEvent } from "./trace.ts";

const DAY_MS = 86_400_000;

/** Such as `day 3 04:05:06.789`. */
export function formatVirtualTime(elapsedMs: number): string {
  const day = Math.floor(elapsedMs / DAY_MS);
  return `day ${day} ${new Date(elapsedMs - day * DAY_MS).toISOString().slice(11, 23)}`;
}

export function formatEvent(event: TraceEvent): string {
  const parts = [formatVirtualTime(event.atMs).padEnd(20), event.kind.padEnd(20), event.nodeId ?? "", event.note];
  if (event.chunk !== undefined) parts.splice(3, 0, `chunk ${event.chunk.slice(0, 8)}`);
  return parts
    .filter((part) => part !== "")
    .join(" ")
    .trimEnd();
}
