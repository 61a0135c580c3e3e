import { gzipSync } from "node:zlib";
import type { Stripe } from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../http/api-caller.fixture.ts";
import { type ApiFixture, createApiFixture, type TestUser } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { type FakeStripe, openFakeStripe, TEST_KEY } from "./stripe/fake-stripe.fixture.ts";
import { openStripe } from "./stripe/open-stripe.ts";
import { createPurchaseClaims } from "./stripe/purchase-claims.ts";
import {
  eventOf,
  expiredSession,
  type FakeSession,
  paidSession,
  processingSession,
  signatureOf,
} from "./stripe/stripe-events.fixture.ts";
import { createStripePaymentProvider } from "./stripe/stripe-payment-provider.ts";

const SECRET = "whsec_Commonhold0000000000";
const WEBHOOK = "/api/v1/payments/stripe/webhook";
const { logger } = createLogFixture();

let fake: FakeStripe;
let stripe: Stripe;
let api: ApiFixture;
let user: TestUser;

async function openApi(options: { readonly purchasesPerUserPerHourMax?: number } = {}): Promise<ApiFixture> {
  return createApiFixture({
    ...options,
    openPayments: async ({ clock, masterKey }) =>
      createStripePaymentProvider(
        {
          stripe,
          claims: createPurchaseClaims(masterKey),
          clock,
          logger,
          publicUrl: () => "https://storage.example.org",
        },
        { webhookSecret: SECRET, toleranceS: 300, isLive: false },
      ),
  });
}

beforeAll(async () => {
  fake = await openFakeStripe();
  stripe = await openStripe({ secretKey: TEST_KEY, apiUrl: fake.url });
  api = await openApi();
});
afterAll(async () => {
  await api.close();
  await fake.close();
});
beforeEach(async () => {
  user = await api.newUser();
});

const buy = (amount: unknown, key?: string, buyer = user): Promise<Answer> =>
  api.call("POST", "/api/v1/auth/credits/purchase", {
    token: buyer.accessToken,
    body: { amount_usd: amount },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

const progress = (id: string, asker = user): Promise<Answer> =>
  api.call("GET", `/api/v1/auth/credits/purchases/${id}`, { token: asker.accessToken });

const available = async (owner = user): Promise<string> =>
  (await api.call("GET", "/api/v1/auth/me", { token: owner.accessToken })).body.credits.available;

/** A purchase of 10 dollars that waits for its payment. */
async function checkout(): Promise<FakeSession> {
  return fake.sessions.get((await buy(10)).body.payment_id)!;
}

interface Sending {
  readonly secret?: string;
  readonly ageS?: number;
  readonly headers?: Record<string, string>;
}

/** Sends a body as Stripe does: signed now, with the endpoint's secret. */
function send(body: string, { secret = SECRET, ageS = 0, headers = {} }: Sending = {}): Promise<Answer> {
  const signature = signatureOf(stripe.webhooks, body, { secret, atMs: api.clock.nowMs() - ageS * 1000 });
  return api.call("POST", WEBHOOK, {
    body,
    headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature, ...headers },
  });
}

const completed = (session: FakeSession, fields?: object) => eventOf("checkout.session.completed", session, fields);
const succeeded = (session: FakeSession) => eventOf("checkout.session.async_payment_succeeded", session);
const failed = (session: FakeSession) => eventOf("checkout.session.async_payment_failed", session);

const eventsKept = async (): Promise<number> =>
  (await api.metadata.read.selectFrom("payment_events").select("id").execute()).length;

const isTaken = ({ status, body }: Answer) => status === 200 && body.received === true;

describe("a purchase by Stripe", () => {
  it("is pending with an address to pay at, and books nothing yet", async () => {
    const answer = await buy("10.50");
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      payment_id: expect.stringMatching(/^cs_test_/),
      provider: "stripe",
      status: "pending",
      checkout_url: `https://checkout.stripe.com/c/pay/${answer.body.payment_id}`,
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      amount_usd: "10.50",
      credits: "1050",
      balance: expect.objectContaining({ available: "10" }),
    });
    expect((await progress(answer.body.payment_id)).body).toMatchObject({
      status: "pending",
      balance: { available: "10" },
    });
  });

  it("is booked when Stripe says that it is paid", async () => {
    const session = await checkout();
    expect(await send(completed(paidSession(session)))).toMatchObject({ status: 200, body: { received: true } });
    expect(await available()).toBe("1010");
    fake.requests.length = 0;
    expect(await progress(session.id)).toMatchObject({
      status: 200,
      body: { status: "completed", payment_id: session.id },
    });
    expect(fake.requests).toEqual([]);
    const { body } = await api.call("GET", "/api/v1/credits/history", { token: user.accessToken });
    expect(body.items[0]).toMatchObject({
      kind: "purchase",
      description: "Bought 1000 credits for 10.00 USD",
      reference: session.id,
    });
  });

  it("is one with the same Idempotency-Key, and says when it is done", async () => {
    const [first, second] = [await buy(5, "order-1"), await buy(5, "order-1")];
    expect(second.body).toEqual(first.body);
    await send(completed(paidSession(fake.sessions.get(first.body.payment_id)!)));
    const third = await buy(5, "order-1");
    expect(third.body).toMatchObject({ status: "completed", payment_id: first.body.payment_id });
    expect(third.body).not.toHaveProperty("checkout_url");
    expect(await available()).toBe("510");
    expect((await buy(6, "order-1")).body.error.code).toBe("INVALID_REQUEST");
  });

  it("is booked once, however often and by however many events it is told", async () => {
    const paid = paidSession(await checkout());
    const event = completed(paid);
    const answers = await Promise.all([send(event), send(event), send(completed(paid)), send(succeeded(paid))]);
    expect(answers.every(isTaken)).toBe(true);
    expect(isTaken(await send(event, { ageS: 200 }))).toBe(true);
    expect(await available()).toBe("1010");
  });

  it("by a bank waits for the money, in whatever order the events come", async () => {
    const [early, late] = [await checkout(), await checkout()];
    await send(completed(processingSession(early)));
    expect(await available()).toBe("10");
    await send(succeeded(paidSession(early)));
    expect(await available()).toBe("1010");
    await send(succeeded(paidSession(late)));
    for (const event of [completed(processingSession(late)), failed(processingSession(late))]) await send(event);
    await send(eventOf("checkout.session.expired", expiredSession(late)));
    expect(await available()).toBe("2010");
  });

  it.each([
    ["fails", (session: FakeSession) => failed(processingSession(session))],
    ["runs out", (session: FakeSession) => eventOf("checkout.session.expired", expiredSession(session))],
    ["fails, of a session that looks paid", (session: FakeSession) => failed(paidSession(session))],
  ])("that %s buys nothing", async (_what, eventFor) => {
    expect(isTaken(await send(eventFor(await checkout())))).toBe(true);
    expect(await available()).toBe("10");
  });

  it("that was paid without a word of it is booked when its buyer looks, and once", async () => {
    const session = await checkout();
    fake.sessions.set(session.id, paidSession(session));
    expect((await progress(session.id)).body).toMatchObject({ status: "completed", balance: { available: "1010" } });
    await send(completed(paidSession(session)));
    expect(await available()).toBe("1010");
  });

  it("is done also where all of it goes into a debt", async () => {
    const nowMs = api.clock.nowMs();
    await api.metadata.apply("economics.charge_owners", {
      day: new Date(nowMs - 2 * 86_400_000).toISOString().slice(0, 10),
      price_microcredits: "1000000",
      lines: [{ owner_id: user.id, byte_ms: "1", charged_microcredits: "5000000000" }],
      now_ms: nowMs,
    });
    const session = await checkout();
    await send(completed(paidSession(session)));
    expect(await available()).toBe("0");
    fake.requests.length = 0;
    expect((await progress(session.id)).body).toMatchObject({ status: "completed", balance: { available: "0" } });
    expect(fake.requests).toEqual([]);
  });

  it("is nobody else's to look at", async () => {
    const session = await checkout();
    fake.sessions.set(session.id, paidSession(session));
    const stranger = await api.newUser();
    for (const id of [session.id, "cs_test_nothing", "local-1", "x"]) {
      expect(await progress(id, stranger)).toMatchObject({ status: 404, body: { error: { code: "NOT_FOUND" } } });
    }
    expect((await api.call("GET", `/api/v1/auth/credits/purchases/${session.id}`)).status).toBe(401);
    expect(await available(stranger)).toBe("10");
    await send(completed(paidSession(session)));
    expect((await progress(session.id, stranger)).status).toBe(404);
  });
});

describe("the webhook", () => {
  it.each([
    ["signed with another secret", { secret: "whsec_Another" }],
    ["signed 301 s ago", { ageS: 301 }],
    ["without a signature", { headers: { "stripe-signature": "" } }],
    ["with words for a signature", { headers: { "stripe-signature": "trust me" } }],
    ["with no signature in its header", { headers: { "stripe-signature": "t=1767225600,v1" } }],
    ["with a signature of another scheme", { headers: { "stripe-signature": `t=${Date.now()},v0=${"a".repeat(64)}` } }],
  ])("refuses what is %s", async (_what, sending) => {
    const [session, kept] = [await checkout(), await eventsKept()];
    const answer = await send(completed(paidSession(session)), sending);
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    expect([await available(), await eventsKept()]).toEqual(["10", kept]);
  });

  it("refuses a body that was changed on its way, by a byte", async () => {
    const body = completed(paidSession(await checkout()));
    const signature = signatureOf(stripe.webhooks, body, { secret: SECRET, atMs: api.clock.nowMs() });
    for (const other of [`${body} `, body.replace('"paid"', '"Paid"'), body.replace("1000000000", "9000000000")]) {
      expect(other).not.toBe(body);
      expect((await send(other, { headers: { "stripe-signature": signature } })).status).toBe(400);
    }
    expect(await available()).toBe("10");
  });

  it.each([
    "",
    "[]",
    "null",
    "not json",
    '{"object":"event"}',
    '{"id":"evt_1","object":"event","type":7}',
    '{"id":"evt_1"}',
    '{"id":"evt_1","object":"event","type":"checkout.session.completed"}',
    '{"id":"evt_1","object":"event","type":"checkout.session.completed","data":{"object":null}}',
    '{"id":"evt_1","object":"event","type":"checkout.session.completed","data":{"object":{"id":7}}}',
  ])("refuses %j, though it is signed", async (body) => {
    expect((await send(body)).status).toBe(400);
  });

  it("takes no more than 64 KiB, and nothing compressed", async () => {
    expect((await send(completed({ ...(await checkout()), client_reference_id: "x".repeat(70_000) }))).status).toBe(
      413,
    );
    const body = completed(paidSession(await checkout()));
    expect((await send(gzipSync(body).toString("latin1"), { headers: { "content-encoding": "gzip" } })).status).toBe(
      400,
    );
  });

  it("accepts and ignores what is not about payments here", async () => {
    const [paid, kept] = [paidSession(await checkout()), await eventsKept()];
    const foreign = [
      eventOf("invoice.paid", { id: "in_1", object: "invoice" }),
      eventOf("charge.dispute.created", { id: "dp_1", object: "dispute" }),
      eventOf("balance.available", { object: "balance" }),
      completed({ ...paid, metadata: { order: "mug" } }),
      completed({ ...paid, metadata: null }),
      completed(paid, { account: "acct_1Connected" }),
    ];
    for (const event of foreign) expect(isTaken(await send(event))).toBe(true);
    expect([await available(), await eventsKept()]).toEqual(["10", kept]);
  });

  it("books nothing on terms that are not those of the checkout", async () => {
    const [paid, stranger, kept] = [paidSession(await checkout()), await api.newUser(), await eventsKept()];
    const other = createPurchaseClaims(new Uint8Array(32).fill(9));
    const claim = { purchaseId: "p", userId: user.id, amountUsdCents: 1000, microCredits: 1_000_000_000n };
    const changes: readonly Partial<FakeSession>[] = [
      { metadata: { ...paid.metadata, commonhold_user: stranger.id } },
      { metadata: { ...paid.metadata, commonhold_microcredits: "99000000000" } },
      { metadata: { ...other.toMetadata(claim) } },
      { amount_total: 100 },
      { currency: "idr" },
      { livemode: true },
    ];
    const refusals = () => api.logLines.filter(({ why }) => typeof why === "string");
    const before = refusals().length;
    for (const change of changes) expect(isTaken(await send(completed({ ...paid, ...change })))).toBe(true);
    expect([await available(), await available(stranger), await eventsKept()]).toEqual(["10", "10", kept]);
    expect(refusals()).toHaveLength(before + changes.length);
    expect(isTaken(await send(completed(paid)))).toBe(true);
    expect(await available()).toBe("1010");
  });

  it("takes a payment for an account that is not there, and keeps it for another try", async () => {
    const claims = createPurchaseClaims(api.masterKey);
    const claim = { purchaseId: "p", userId: "gone", amountUsdCents: 1000, microCredits: 1_000_000_000n };
    const [paid, kept] = [paidSession(await checkout()), await eventsKept()];
    expect(isTaken(await send(completed({ ...paid, metadata: { ...claims.toMetadata(claim) } })))).toBe(true);
    expect(await eventsKept()).toBe(kept);
    const { body } = await api.call("GET", "/metrics");
    expect(body).toMatch(/^commonhold_payment_notices_total\{outcome="unbookable"\} 1$/m);
    expect(body).toMatch(/^commonhold_payment_notices_total\{outcome="booked"\} [1-9]/m);
  });

  it("is in the API's document, with the page that people come back to", async () => {
    const { paths } = (await api.call("GET", "/openapi.json")).body;
    expect(Object.keys(paths)).toEqual(expect.arrayContaining([WEBHOOK, "/api/v1/payments/return"]));
    expect((await api.call("GET", "/api/v1/payments/return?outcome=paid")).body).toContain("Thank you");
    expect((await api.call("GET", "/api/v1/payments/return")).body).toContain("Nothing was paid");
    expect((await api.call("GET", "/api/v1/payments/return?outcome=<b>")).status).toBe(400);
  });
});

it("lets one user begin so many purchases in an hour, and no more", async () => {
  const strict = await openApi({ purchasesPerUserPerHourMax: 2 });
  try {
    const [ada, ben] = [await strict.newUser(), await strict.newUser()];
    const begin = (buyer: TestUser) =>
      strict.call("POST", "/api/v1/auth/credits/purchase", { token: buyer.accessToken, body: { amount_usd: 1 } });
    expect([await begin(ada), await begin(ada), await begin(ada)].map(({ status }) => status)).toEqual([201, 201, 429]);
    expect((await begin(ben)).status).toBe(201);
  } finally {
    await strict.close();
  }
});
