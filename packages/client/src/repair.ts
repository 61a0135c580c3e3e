import { count, flag, list, mapOf, nullable, number, object, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

/** How repair goes. Times are ISO 8601 text; chunks in flight and those that cannot be repaired are listed to admins. */
export const repairStatus = object({
  /** idle, running or paused. */
  state: text,
  brake: nullable(object({ reason: text, away: count, nodes: count })),
  swept_at: nullable(text),
  chunks: count,
  below_promise: object({
    chunks: count,
    by_missing: list(object({ missing: count, chunks: count })),
    oldest_since: nullable(text),
  }),
  relocating: count,
  queue: object({ chunks: count, by_urgency: mapOf(count), waiting: count }),
  in_flight_count: count,
  in_flight: list(object({ chunk: text, from: nullable(text), to: text, bytes: count, since: text })),
  repaired: object({ copies: count, bytes: count }),
  bytes_per_second: number,
  bytes_left: count,
  seconds_left: nullable(number),
  unrepairable: object({
    chunks: count,
    by_reason: mapOf(count),
    items: list(object({ chunk: text, reason: text, since: text })),
  }),
});

const rebalancingPlan = object({
  dry_run: flag,
  mean_fill: number,
  moves_count: count,
  bytes: count,
  moves: list(object({ chunk: text, from: text, to: text, bytes: count })),
});

export type RepairStatus = Read<typeof repairStatus>;
export type RebalancingPlan = Read<typeof rebalancingPlan>;

export interface Repair {
  status(signal?: AbortSignal): Promise<RepairStatus>;
  /**
   * Moves copies from full nodes to empty ones, or only says what would be moved. For admins and operators.
   * @throws AppError FORBIDDEN
   */
  rebalance(options: { readonly dryRun: boolean }, signal?: AbortSignal): Promise<RebalancingPlan>;
}

export function createRepair({ transport }: { readonly transport: HttpTransport }): Repair {
  return {
    status: (signal) => transport.call({ method: "GET", path: "/api/v1/repair", ...withSignal(signal) }, repairStatus),
    rebalance: ({ dryRun }, signal) =>
      transport.call(
        { method: "POST", path: "/api/v1/rebalance", body: { dry_run: dryRun }, ...withSignal(signal) },
        rebalancingPlan,
      ),
  };
}
