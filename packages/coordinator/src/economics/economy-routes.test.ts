import { DAY_MS, utcDayInterval, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ApiFixture,
  createApiFixture,
  HEARTBEAT,
  PASSWORD,
  type TestNode,
  type TestUser,
} from "../http/api.fixture.ts";

const BYTE_MS_PER_GB_MONTH = 1_000_000_000n * 86_400_000n * 30n;

let api: ApiFixture;
let operator: TestUser;
let node: TestNode;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  operator = await api.newUser();
  node = await api.newNode(operator, "attic");
});
afterEach(() => api.close());

const yesterday = (): string => utcDayOf(api.clock.nowMs() - DAY_MS);

async function chargeOwner(user: TestUser, credits: bigint, day: string): Promise<void> {
  await api.metadata.apply("economics.charge_owners", {
    day,
    price_microcredits: "1000000",
    lines: [
      {
        owner_id: user.id,
        byte_ms: (credits * BYTE_MS_PER_GB_MONTH).toString(),
        charged_microcredits: (credits * 1_000_000n).toString(),
      },
    ],
    now_ms: api.clock.nowMs(),
  });
}

async function payNode(day: string, net: bigint): Promise<void> {
  const amounts = { gross_microcredits: "1800000", uptime_penalty_microcredits: "90000" };
  await api.metadata.apply("economics.pay_nodes", {
    day,
    rate_microcredits: "800000",
    lines: [
      {
        node_id: node.id,
        observed_ms: DAY_MS,
        online_ms: (DAY_MS * 9) / 10,
        byte_ms: ((BYTE_MS_PER_GB_MONTH * 9n) / 4n).toString(),
        ...amounts,
        audit_penalty_microcredits: "0",
        net_microcredits: net.toString(),
      },
    ],
    now_ms: api.clock.nowMs(),
  });
}

async function closeDay(day: string, owners: number, nodes: number): Promise<void> {
  await api.metadata.apply("economics.close_day", { day, owners, nodes, byte_ms: "0", now_ms: api.clock.nowMs() });
}

describe("GET /credits", () => {
  const standing = async (user: TestUser) =>
    (await api.call("GET", "/api/v1/credits", { token: await login(user) })).body;
  const buy = async (user: TestUser, usd: number) =>
    await api.call("POST", "/api/v1/auth/credits/purchase", { token: await login(user), body: { amount_usd: usd } });

  it("tells of credits, of debt, of grace, and of its end", async () => {
    const user = await api.newUser();
    expect(await standing(user)).toMatchObject({
      state: "ok",
      notice: null,
      available: "10",
      prepaid: "0",
      debt: "0",
      last_day: null,
      lasts_until: null,
    });
    const day = yesterday();
    await chargeOwner(user, 4n, day);
    await closeDay(day, 1, 0);
    expect(await standing(user)).toMatchObject({
      state: "low",
      notice: expect.stringContaining("buy some"),
      available: "6",
      last_day: { day, gb_days: "120", charged: "4" },
      lasts_until: new Date(api.clock.nowMs() + 1.5 * DAY_MS).toISOString(),
    });

    api.clock.advance(DAY_MS);
    await chargeOwner(user, 9n, yesterday());
    await closeDay(yesterday(), 1, 0);
    const since = new Date(api.clock.nowMs()).toISOString();
    expect(await standing(user)).toMatchObject({
      state: "in_grace",
      notice: expect.stringMatching(/owe 3 credits.*Nothing is deleted/),
      available: "0",
      debt: "3",
      arrears_since: since,
      uploads_stop_at: new Date(api.clock.nowMs() + 14 * DAY_MS).toISOString(),
    });

    api.clock.advance(14 * DAY_MS);
    expect(await standing(user)).toMatchObject({ state: "stopped", notice: expect.stringContaining("refused") });
    await buy(user, 1);
    const after = { available: "97", debt: "0", arrears_since: null, credits_per_usd: 100 };
    expect(await standing(user)).toMatchObject({ state: "ok", ...after });
  });

  it("is for users alone", async () => {
    expect((await api.call("GET", "/api/v1/credits")).status).toBe(401);
  });
});

describe("GET /credits/days", () => {
  const days = async (user: TestUser, query = "") =>
    await api.call("GET", `/api/v1/credits/days${query}`, { token: await login(user) });

  it("shows each day's charge page by page, whatever it was taken from, to its owner alone", async () => {
    const [user, other] = [await api.newUser(), await api.newUser()];
    const charged: string[] = [];
    for (const credits of [2n, 3n, 4n]) {
      charged.unshift(yesterday());
      await chargeOwner(user, credits, yesterday());
      api.clock.advance(DAY_MS);
    }
    const first = (await days(user, "?limit=2")).body;
    expect(first.items).toMatchObject([
      { day: charged[0], gb_days: "120", price: "1", charged: "4", charged_microcredits: "4000000" },
      { day: charged[1], charged: "3" },
    ]);
    const rest = (await days(user, `?limit=2&cursor=${first.next_cursor}`)).body;
    expect(rest).toMatchObject({ items: [{ day: charged[2], charged: "2" }], next_cursor: null });
    expect((await days(other)).body).toEqual({ items: [], next_cursor: null });
    expect((await days(user, "?cursor=elsewhere")).body.error.code).toBe("INVALID_CURSOR");
    expect((await api.call("GET", "/api/v1/credits/days")).status).toBe(401);
  });
});

/** Tokens do not last for days. */
async function login({ email }: TestUser): Promise<string> {
  const answer = await api.call("POST", "/api/v1/auth/login", { body: { email, password: PASSWORD } });
  return (answer.body as { readonly access_token: string }).access_token;
}

describe("GET /nodes/:id/earnings", () => {
  const earnings = async (user: TestUser, query = "") =>
    await api.call("GET", `/api/v1/nodes/${node.id}/earnings${query}`, { token: await login(user) });

  it("shows a month day by day, each with its reasons, and what was paid out", async () => {
    const day = yesterday();
    await payNode(day, 1_710_000n);
    const month = day.slice(0, 7);
    const { body } = await earnings(operator, `?month=${month}`);
    expect(body).toMatchObject({
      node_id: node.id,
      month,
      items: [
        {
          day,
          explanation:
            "67.5 GB-days × 0.8 credits ÷ 30 = 1.8; online 90 % of the time observed; no audits; −0.09 as 90 % online is below 95 %: 1.71 credits",
          gb_days: "67.5",
          uptime: 0.9,
          audits_passed_share: null,
          gross: "1.8",
          uptime_penalty_microcredits: "90000",
          net: "1.71",
        },
      ],
      totals: { days: 1, gb_days: "67.5", net: "1.71" },
      payout: null,
      balance: { earned: "1.71", pending: "1.71", paid: "0", forfeited: "0" },
    });

    api.clock.advance(utcDayInterval(day).toMs + 40 * DAY_MS - api.clock.nowMs());
    const paidAt = new Date(api.clock.nowMs()).toISOString();
    await api.metadata.apply("economics.pay_out", {
      month,
      payouts: [{ node_id: node.id, amount_microcredits: "1710000" }],
      now_ms: api.clock.nowMs(),
    });
    expect((await earnings(operator, `?month=${month}`)).body).toMatchObject({
      payout: { amount: "1.71", paid_at: paidAt },
      balance: { earned: "1.71", pending: "0", paid: "1.71" },
    });
    expect((await api.call("GET", "/api/v1/balance", { apiKey: node.apiKey })).body).toMatchObject({
      earned: "1.71",
      pending: "0",
      paid: "1.71",
      paid_microcredits: "1710000",
    });
    const heartbeat = await api.call("POST", "/api/v1/nodes/heartbeat", { apiKey: node.apiKey, body: HEARTBEAT });
    expect(heartbeat.body.credits).toEqual({ earned: "1.71", pending: "0", paid: "1.71" });
  });

  it("shows the month under way where none is named", async () => {
    expect((await earnings(operator)).body).toMatchObject({
      month: utcDayOf(api.clock.nowMs()).slice(0, 7),
      items: [],
      totals: { days: 0, net: "0" },
    });
  });

  it("is for the node's operator and admins, and takes no month that is none", async () => {
    expect((await earnings(await api.newUser())).body.error.code).toBe("FORBIDDEN");
    expect((await earnings(operator, "?month=2026-13")).body.error).toMatchObject({ code: "INVALID_REQUEST" });
    const unknown = await api.call("GET", "/api/v1/nodes/nobody/earnings", { token: await login(operator) });
    expect(unknown.body.error.code).toBe("NODE_NOT_FOUND");
  });
});

describe("heartbeats", () => {
  it("write down when a node was absent since the one before", async () => {
    const beat = () => api.call("POST", "/api/v1/nodes/heartbeat", { apiKey: node.apiKey, body: HEARTBEAT });
    const absences = () =>
      api.metadata.read.selectFrom("node_absences").selectAll().where("node_id", "=", node.id).execute();
    await beat();
    const before = await absences();
    api.clock.advance(40_000);
    await beat();
    expect(await absences()).toEqual(before);
    const lastMs = api.clock.nowMs();
    api.clock.advance(600_000);
    await beat();
    expect((await absences()).slice(before.length)).toEqual([
      { node_id: node.id, from_ms: lastMs + 15_000, to_ms: lastMs + 600_000 },
    ]);
  });
});
