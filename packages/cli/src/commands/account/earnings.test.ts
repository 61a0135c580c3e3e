import type { NodeMonth } from "@commonhold/client/earnings.ts";
import { expect, test } from "vitest";
import { describeMonth } from "./earnings.ts";

const AMOUNTS = { gross: "1.8", uptime_penalty: "0.09", audit_penalty: "0", net: "1.71" };
const MICRO = {
  gross_microcredits: "1800000",
  uptime_penalty_microcredits: "90000",
  audit_penalty_microcredits: "0",
  net_microcredits: "1710000",
};
const EMPTY: NodeMonth = {
  node_id: "id",
  month: "2026-01",
  items: [],
  totals: { days: 0, gb_days: "0", gross: "0", uptime_penalty: "0", audit_penalty: "0", net: "0", ...zeroes() },
  payout: null,
  balance: { earned: "0", pending: "0", paid: "0", forfeited: "0" },
};

function zeroes(): typeof MICRO {
  return Object.fromEntries(Object.keys(MICRO).map((key) => [key, "0"])) as typeof MICRO;
}

const describe = (earned: NodeMonth): string[] => describeMonth({ node: { name: "attic" }, earned });

test("a line a day says why, and the totals what was taken off", () => {
  const item: NodeMonth["items"][number] = {
    day: "2026-01-01",
    explanation: "67.5 GB-days × 0.8 credits ÷ 30 = 1.8",
    byte_ms: "1",
    gb_days: "67.5",
    rate: "0.8",
    observed_ms: 1,
    online_ms: 1,
    uptime: 1,
    audits: {},
    audits_counted: 0,
    audits_passed_share: null,
    settled_at: "2026-01-02T00:05:00.000Z",
    ...AMOUNTS,
    ...MICRO,
  };
  const totals = { days: 1, gb_days: "67.5", ...AMOUNTS, ...MICRO };
  const balance = { earned: "1.71", pending: "1.71", paid: "0", forfeited: "2" };
  expect(describe({ ...EMPTY, items: [item], totals, balance })).toEqual([
    "attic, 2026-01:",
    "DAY         CREDITS  WHY",
    "2026-01-01     1.71  67.5 GB-days × 0.8 credits ÷ 30 = 1.8",
    "1 day, 67.5 GB-days: 1.71 credits, after 0.09 taken off",
    "not paid out yet: it is when the last day of the month is settled",
    "since it joined: 1.71 earned, 0 of it paid out, 1.71 pending; 2 forfeited",
  ]);
});

test("a month without a settled day says so", () => {
  expect(describe(EMPTY)).toEqual([
    "attic, 2026-01: no day is settled",
    "since it joined: 0 earned, 0 of it paid out, 0 pending",
  ]);
});
