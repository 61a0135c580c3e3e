import type { Page } from "playwright-core";

/** Made up: no test waits for a month of midnights. */
const daysOf = (month: string) =>
  Array.from({ length: 28 }, (_, index) => `${month}-${String(index + 1).padStart(2, "0")}`);
const GROSS_MICROCREDITS = 1_800_000;

function earnedDay(day: string, index: number) {
  const uptime = index === 9 ? 0.9 : index === 20 ? 0 : 1 - (index % 3) / 200;
  const passed = index === 9 || index === 15 ? 0.8 : 1;
  const net = (penalties: number) => Math.max(0, GROSS_MICROCREDITS - penalties);
  const absence = Math.round(GROSS_MICROCREDITS * Math.max(0, 0.95 - uptime));
  const checks = Math.round(GROSS_MICROCREDITS * Math.max(0, 0.95 - passed));
  return {
    day,
    explanation: `how ${day} comes about`,
    byte_ms: "5832000000000000",
    gb_days: "67.5",
    rate: "0.8",
    observed_ms: 86_400_000,
    online_ms: Math.round(86_400_000 * uptime),
    uptime,
    audits: { passed: 40, wrong: 0, lost: 0, offline: 0, silent: 0, refused: 0, late: 0, error: 0 },
    audits_counted: 40,
    audits_passed_share: passed,
    ...amounts({
      gross: GROSS_MICROCREDITS,
      uptime_penalty: absence,
      audit_penalty: checks,
      net: net(absence + checks),
    }),
    settled_at: `${day}T23:59:59.000Z`,
  };
}

function amounts(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, micro]) => [
      [name, String(micro / 1e6)],
      [`${name}_microcredits`, String(micro)],
    ]),
  );
}

function earningsOf(month: string) {
  const items = daysOf(month).map(earnedDay);
  const sum = (name: string) =>
    items.reduce((all, item) => all + Number((item as unknown as Readonly<Record<string, string>>)[name]), 0);
  const [gross, net] = [sum("gross_microcredits"), sum("net_microcredits")];
  const totals = {
    days: items.length,
    gb_days: "1890",
    ...amounts({ gross, net, uptime_penalty: 0, audit_penalty: 0 }),
  };
  const balance = { earned: "96.12", pending: "45.9", paid: "50.22", forfeited: "0" };
  return { node_id: "n", month, items, totals, payout: null, balance };
}

const REPUTATION = {
  standing: "trusted",
  why: "new parts are given to it",
  reliability: 0.97,
  audit_score: 0.998,
  error_score: 0.99,
  online_share: 0.961,
  passed: 12_345,
  vetted_at: "2026-01-10T08:00:00.000Z",
  suspended_at: null,
  disqualified_at: null,
  closer_look_until: null,
};

const LOST = "the node itself says that it has lost it: the copy is made anew";
const audit = (index: number) => ({
  id: index.toString(16).padStart(32, "0"),
  issued_at: `2026-02-28T${String(20 - index).padStart(2, "0")}:15:00.000Z`,
  settled_at: `2026-02-28T${String(20 - index).padStart(2, "0")}:15:01.000Z`,
  attempt: index === 2 ? 2 : 1,
  outcomes: index === 2 ? { passed: 7, lost: 1 } : { passed: 8 },
  chunks: index === 2 ? [{ chunk: "3a".repeat(32), outcome: "lost", why: LOST }] : [],
  duration_ms: 120 + index,
  node_us: 900,
  counted_as: index === 2 ? "dishonest" : "good",
  detail: null,
  day: "2026-02-28",
  window: index,
  number: 1,
  selection_id: "5e".repeat(16),
  leaf_count: 3,
  difficulty: 1,
});

const AUDITS = {
  items: Array.from({ length: 8 }, (_, index) => audit(index)),
  next_cursor: null,
  summary: {
    reputation: REPUTATION,
    last_30_days: {
      outcomes: { passed: 812, wrong: 0, lost: 1, offline: 12, silent: 0, refused: 0, late: 3, error: 0 },
      success_rate: 0.995,
      latency_ms: 123.4,
    },
    changes: [{ at: "2026-01-10T08:00:00.000Z", from: "vetting", to: "trusted", why: "100 checks passed" }],
  },
};

const CREDITS = {
  state: "low",
  notice: "Your credits last until 2026-03-03 08:00 UTC if you store as much as now: buy some.",
  available: "12.5",
  reserved: "0",
  prepaid: "3",
  debt: "0",
  available_microcredits: "12500000",
  reserved_microcredits: "0",
  prepaid_microcredits: "3000000",
  debt_microcredits: "0",
  arrears_since: null,
  uploads_stop_at: null,
  last_day: null,
  days: daysOf("2026-02")
    .map((day, index) => ({
      day,
      byte_ms: "1",
      gb_days: String(60 + index),
      price: "1",
      ...amounts({ charged: Math.round(((60 + index) / 30) * 1e6) }),
    }))
    .toReversed(),
  credits_per_usd: 100,
  lasts_until: "2026-03-03T08:00:00.000Z",
};

/** From now on this page is told of a node that earned for a month, and of a person who was charged for one. */
export async function makeUpEconomy(page: Page): Promise<void> {
  await page.route("**/api/v1/nodes/*/earnings?*", (route) => {
    const month = new URL(route.request().url()).searchParams.get("month") ?? "";
    return route.fulfill({ json: earningsOf(month) });
  });
  await page.route("**/api/v1/nodes/*/audits?*", (route) => route.fulfill({ json: AUDITS }));
  await page.route("**/api/v1/credits", (route) => route.fulfill({ json: CREDITS }));
}
