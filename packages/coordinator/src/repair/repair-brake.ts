import type { ChunkUrgency } from "@commonhold/core/repair/judge-chunk.ts";
import type { Attendance } from "./repair-nodes.ts";

/**
 * What holds repair back. starting: nodes have not reported yet since the coordinator's start, nothing is repaired ·
 * many_away: so many went away at once, only what is critical is repaired.
 */
export interface Brake {
  readonly kind: "starting" | "many_away";
  readonly away: number;
  readonly nodes: number;
}

/** More than this share is awaited, and repair would copy what is there in a moment. */
const AWAITED_SHARE = 0.1;

/**
 * When more than half of the nodes go away at once, it is rather a network that is cut or a mistake than that many dead
 * disks, and copying all they hold would only swamp the rest. Those that went away long ago do not count at all.
 */
export function brakeOf(attendance: readonly Attendance[], windowMs: number): Brake | undefined {
  const recent = attendance.filter(({ awayMs }) => awayMs === undefined || awayMs < windowMs);
  const awaited = recent.filter(({ isAwaited }) => isAwaited).length;
  if (awaited > recent.length * AWAITED_SHARE) return { kind: "starting", away: awaited, nodes: recent.length };
  const away = recent.filter(({ awayMs }) => awayMs !== undefined).length;
  return away * 2 > recent.length ? { kind: "many_away", away, nodes: recent.length } : undefined;
}

export function isHeldBack(brake: Brake | undefined, urgency: ChunkUrgency): boolean {
  return brake !== undefined && (brake.kind === "starting" || urgency !== "critical");
}
