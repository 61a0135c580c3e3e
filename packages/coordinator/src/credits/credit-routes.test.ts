import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, type TestUser } from "../http/api.fixture.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const buy = (user: TestUser, amount: unknown, key?: string) =>
  api.call("POST", "/api/v1/auth/credits/purchase", {
    token: user.accessToken,
    body: { amount_usd: amount },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
const available = async (user: TestUser): Promise<string> =>
  (await api.call("GET", "/api/v1/auth/me", { token: user.accessToken })).body.credits.available;

describe("POST /auth/credits/purchase", () => {
  it("books what was paid, exactly", async () => {
    const user = await api.newUser();
    const answer = await buy(user, 10);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      payment_id: expect.stringMatching(/^local-[0-9a-f]{32}$/),
      provider: "local",
      status: "completed",
      amount_usd: "10.00",
      credits: "1000",
      balance: {
        available: "1010",
        reserved: "0",
        available_microcredits: "1010000000",
        reserved_microcredits: "0",
      },
    });
    expect((await buy(user, "1.15")).body.balance.available).toBe("1125");
    expect(await available(user)).toBe("1125");
  });

  it("buys once with the same Idempotency-Key, also when both come at once", async () => {
    const user = await api.newUser();
    const answers = await Promise.all([buy(user, 5, "order-1"), buy(user, 5, "order-1"), buy(user, 5, "order-1")]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.payment_id)).size).toBe(1);
    expect(await available(user)).toBe("510");
    const other = await api.newUser();
    expect((await buy(other, 5, "order-1")).body.balance.available).toBe("510");
  });

  it("refuses a key that was used for another amount", async () => {
    const user = await api.newUser();
    await buy(user, 5, "order-2");
    const answer = await buy(user, 6, "order-2");
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(await available(user)).toBe("510");
  });

  it("without a key, each request is a purchase", async () => {
    const user = await api.newUser();
    await Promise.all([buy(user, 1), buy(user, 1), buy(user, 1)]);
    expect(await available(user)).toBe("310");
  });

  it.each([0, -5, 1.005, 1e9, 0.99, 10_000.01, "NaN", "1e3", "", null, true, [10], {}, undefined])(
    "refuses %j",
    async (amount) => {
      const user = await api.newUser();
      const answer = await buy(user, amount);
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
      expect(answer.body.error.details.field).toBe("amount_usd");
      expect(await available(user)).toBe("10");
    },
  );

  it("takes the largest amount", async () => {
    expect((await buy(await api.newUser(), 10_000)).body.balance.available).toBe("1000010");
  });

  it("refuses a key that is none, and a caller who is nobody", async () => {
    const user = await api.newUser();
    for (const key of ["", "x".repeat(256), "with space"]) expect((await buy(user, 1, key)).status).toBe(400);
    const answer = await api.call("POST", "/api/v1/auth/credits/purchase", { body: { amount_usd: 1 } });
    expect(answer.status).toBe(401);
  });
});

describe("GET /credits/history", () => {
  const history = (user: TestUser, query = "") =>
    api.call("GET", `/api/v1/credits/history${query}`, { token: user.accessToken });

  it("shows every movement, newest first", async () => {
    const user = await api.newUser();
    await buy(user, 2, "k");
    const { body } = await history(user);
    expect(body).toEqual({
      items: [
        {
          id: expect.stringMatching(/^\d+$/),
          kind: "purchase",
          description: "Bought 200 credits for 2.00 USD",
          reference: expect.stringMatching(/^local-/),
          amount: "200",
          amount_microcredits: "200000000",
          created_at: new Date(api.clock.nowMs()).toISOString(),
        },
        expect.objectContaining({ kind: "welcome", amount: "10" }),
      ],
      next_cursor: null,
    });
  });

  it("goes on page by page while more is bought", async () => {
    const user = await api.newUser();
    for (let i = 1; i <= 4; i++) await buy(user, i);
    const first = await history(user, "?limit=2");
    await buy(user, 9);
    const second = await history(user, `?limit=2&cursor=${first.body.next_cursor}`);
    const third = await history(user, `?limit=2&cursor=${second.body.next_cursor}`);
    const amounts = [first, second, third].flatMap(({ body }) =>
      body.items.map((item: { amount: string }) => item.amount),
    );
    expect(amounts).toEqual(["400", "300", "200", "100", "10"]);
    expect(third.body.next_cursor).toBeNull();
  });

  it("shows nobody else's, and takes no cursor but its own", async () => {
    const [ada, ben] = [await api.newUser(), await api.newUser()];
    await buy(ada, 3);
    expect((await history(ben)).body.items).toHaveLength(1);
    for (const cursor of ["x", "WyJub2RlcyIsMV0", "W10"]) {
      const answer = await history(ben, `?cursor=${cursor}`);
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_CURSOR"]);
    }
    expect((await history(ben, "?limit=0")).status).toBe(400);
    expect((await api.call("GET", "/api/v1/credits/history")).status).toBe(401);
  });
});

describe("GET /balance", () => {
  it("shows a node what it has earned", async () => {
    const node = await api.newNode(await api.newUser(), "balance");
    const zero = { earned: "0", pending: "0", paid: "0" };
    const micro = { earned_microcredits: "0", pending_microcredits: "0", paid_microcredits: "0" };
    const answer = await api.call("GET", "/api/v1/balance", { apiKey: node.apiKey });
    expect(answer.body).toEqual({ node_id: node.id, ...zero, ...micro });
    expect((await api.call("GET", "/api/v1/balance", { token: node.apiKey })).status).toBe(200);
  });

  it("is for nodes alone", async () => {
    const { accessToken } = await api.newUser();
    for (const options of [{}, { token: accessToken }, { apiKey: "chn_unknown" }, { apiKey: "" }]) {
      const answer = await api.call("GET", "/api/v1/balance", options);
      expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
    }
  });
});
