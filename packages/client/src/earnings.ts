import { count, list, mapOf, nullable, number, object, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

/** Credits as decimal text, and the same in millionths. */
const amounts = {
  gross: text,
  uptime_penalty: text,
  audit_penalty: text,
  net: text,
  gross_microcredits: text,
  uptime_penalty_microcredits: text,
  audit_penalty_microcredits: text,
  net_microcredits: text,
};

/** A settled day of a node. */
const earnedDay = object({
  day: text,
  /** How the day's earnings come about, in words. */
  explanation: text,
  byte_ms: text,
  gb_days: text,
  rate: text,
  observed_ms: count,
  online_ms: count,
  uptime: nullable(number),
  audits: mapOf(count),
  audits_counted: count,
  audits_passed_share: nullable(number),
  ...amounts,
  settled_at: text,
});

const nodeMonth = object({
  node_id: text,
  month: text,
  items: list(earnedDay),
  totals: object({ days: count, gb_days: text, ...amounts }),
  payout: nullable(object({ amount: text, amount_microcredits: text, paid_at: text })),
  balance: object({ earned: text, pending: text, paid: text, forfeited: text }),
});

export type EarnedDay = Read<typeof earnedDay>;
export type NodeMonth = Read<typeof nodeMonth>;

export interface Earnings {
  /**
   * What a node earned in a month, day by day; for its operator and admins.
   * @param options.month "2026-01" by UTC; the one under way where it is not given
   * @throws AppError NODE_NOT_FOUND, FORBIDDEN, INVALID_REQUEST
   */
  ofNode(nodeId: string, options?: { readonly month?: string; readonly signal?: AbortSignal }): Promise<NodeMonth>;
}

export function createEarnings({ transport }: { readonly transport: HttpTransport }): Earnings {
  return {
    ofNode: (nodeId, { month, signal } = {}) =>
      transport.call(
        {
          method: "GET",
          path: `/api/v1/nodes/${encodeURIComponent(nodeId)}/earnings`,
          ...(month === undefined ? {} : { query: { month } }),
          ...withSignal(signal),
        },
        nodeMonth,
      ),
  };
}
