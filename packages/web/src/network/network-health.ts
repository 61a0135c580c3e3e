import type { Answer } from "../api/api.ts";
import type { Health } from "../texts/health-texts.ts";

export type RepairState = Answer<"GET /api/v1/repair">;

/** How all files together stand: the worst that is true of any part. */
export function networkHealthOf(repair: RepairState): Health | "unknown" {
  if (repair.swept_at === null) return "unknown";
  const { by_urgency: urgency } = repair.queue;
  if (repair.unrepairable.by_reason.no_readable_copy > 0 || urgency.unreadable > 0) return "lost";
  if (urgency.critical > 0) return "risk";
  return repair.below_promise.chunks > 0 || urgency.degraded > 0 ? "repairing" : "whole";
}
