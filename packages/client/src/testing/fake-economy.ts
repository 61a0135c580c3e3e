import type { ChargedDay, CreditStanding } from "../credits.ts";
import type { NodeMonth } from "../earnings.ts";
import { type Answer, errorAnswer, type FakeCall } from "./fake-call.ts";

/** Of every user. */
export const FAKE_STANDING: CreditStanding = {
  state: "low",
  notice: "Your credits last until 2026-01-05 00:00 UTC if you store as much as now: buy some.",
  available: "10.5",
  reserved: "0",
  prepaid: "3",
  debt: "0",
  arrears_since: null,
  uploads_stop_at: null,
  last_day: { day: "2025-12-31", gb_days: "81", charged: "2.7" },
  lasts_until: "2026-01-05T00:00:00.000Z",
};

/** Of every user, newest first. */
export const FAKE_CHARGED_DAYS: readonly ChargedDay[] = [
  { day: "2025-12-31", gb_days: "81", price: "1", charged: "2.7", charged_microcredits: "2700000" },
  { day: "2025-12-30", gb_days: "9", price: "1", charged: "0.3", charged_microcredits: "300000" },
];

const AMOUNTS = {
  gross: "1.8",
  uptime_penalty: "0.09",
  audit_penalty: "0",
  net: "1.71",
  gross_microcredits: "1800000",
  uptime_penalty_microcredits: "90000",
  audit_penalty_microcredits: "0",
  net_microcredits: "1710000",
};

/** A month with one day. */
const MONTH: Omit<NodeMonth, "node_id" | "month"> = {
  items: [
    {
      day: "2026-01-01",
      explanation: "67.5 GB-days × 0.8 credits ÷ 30 = 1.8; online 90 %",
      byte_ms: "5832000000000000000",
      gb_days: "67.5",
      rate: "0.8",
      observed_ms: 86_400_000,
      online_ms: 77_760_000,
      uptime: 0.9,
      audits: { passed: 480, wrong: 0 },
      audits_counted: 480,
      audits_passed_share: 1,
      ...AMOUNTS,
      settled_at: "2026-01-02T00:05:00.000Z",
    },
  ],
  totals: { days: 1, gb_days: "67.5", ...AMOUNTS },
  payout: null,
  balance: { earned: "4.71", pending: "1.71", paid: "3", forfeited: "0" },
};

const EARNINGS = /^\/api\/v1\/nodes\/([^/]+)\/earnings$/;

/** How a user stands and what a node earns; undefined where the call is another. */
export function answerEconomy({ method, path, query, state }: FakeCall): Answer | undefined {
  if (method !== "GET") return undefined;
  if (path === "/api/v1/credits") return { status: 200, body: FAKE_STANDING };
  if (path === "/api/v1/credits/days") return { status: 200, body: { items: FAKE_CHARGED_DAYS, next_cursor: null } };
  const id = EARNINGS.exec(path)?.[1];
  if (id === undefined) return undefined;
  if (!state.nodes.some((node) => node.id === id)) {
    return errorAnswer(404, "NODE_NOT_FOUND", `there is no node ${id}`);
  }
  return { status: 200, body: { node_id: id, month: query.get("month") ?? "2026-01", ...MONTH } };
}
