import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../http/api.fixture.ts";
import { createLogFixture } from "../../http/http.fixture.ts";
import type { PaymentProvider } from "../payment-provider.ts";
import { failure, type FakeStripe, openFakeStripe, TEST_KEY } from "./fake-stripe.fixture.ts";
import { openStripe } from "./open-stripe.ts";
import { createPurchaseClaims } from "./purchase-claims.ts";
import { expiredSession, paidSession, processingSession } from "./stripe-events.fixture.ts";
import { createStripePaymentProvider } from "./stripe-payment-provider.ts";

const CHARGE = { amountUsdCents: 1050, microCredits: 1_050_000_000n, userId: "user-1", idempotencyKey: "order-1" };
const claims = createPurchaseClaims(new Uint8Array(32).fill(1));

let fake: FakeStripe;
let clock: ManualClock;
let provider: PaymentProvider;

async function openProvider(secretKey = TEST_KEY): Promise<PaymentProvider> {
  const stripe = await openStripe({ secretKey, apiUrl: fake.url });
  const { logger } = createLogFixture();
  return createStripePaymentProvider(
    { stripe, claims, clock, logger, publicUrl: () => "https://storage.example.org/" },
    { webhookSecret: "whsec_test", toleranceS: 300, isLive: false },
  );
}

beforeAll(async () => {
  fake = await openFakeStripe();
});
afterAll(() => fake.close());
beforeEach(async () => {
  clock = new ManualClock();
  provider = await openProvider();
});
afterEach(() => {
  fake.sessions.clear();
  fake.requests.length = 0;
  fake.nextAnswers.length = 0;
});

let orders = 1;
const newCharge = () => ({ ...CHARGE, idempotencyKey: `order-${++orders}` });
const find = (id: string) => provider.remote?.find(id);

describe("charge", () => {
  it("makes a checkout session of exactly this form", async () => {
    const payment = await provider.charge(CHARGE);
    const session = [...fake.sessions.values()][0]!;
    expect(payment).toEqual({
      status: "pending",
      paymentId: session.id,
      checkoutUrl: `https://checkout.stripe.com/c/pay/${session.id}`,
      expiresAtMs: session.expires_at * 1000,
    });
    const [request] = fake.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/v1/checkout/sessions"]);
    const { commonhold_seal: seal, ...metadata } = session.metadata!;
    expect(seal).toMatch(/^[0-9a-f]{64}$/);
    expect(metadata).toEqual({
      commonhold_purchase: expect.stringMatching(/^[0-9a-f]{32}$/),
      commonhold_user: "user-1",
      commonhold_amount_usd_cents: "1050",
      commonhold_microcredits: "1050000000",
    });
    const params = Object.entries(request!.params).filter(([key]) => !key.startsWith("metadata["));
    expect(Object.fromEntries(params)).toEqual({
      mode: "payment",
      "line_items[0][quantity]": "1",
      "line_items[0][price_data][currency]": "usd",
      "line_items[0][price_data][unit_amount]": "1050",
      "line_items[0][price_data][product_data][name]": "1050 storage credits",
      client_reference_id: "user-1",
      "payment_intent_data[description]": "1050 storage credits",
      "payment_intent_data[metadata][commonhold_user]": "user-1",
      "adaptive_pricing[enabled]": "false",
      allow_promotion_codes: "false",
      success_url: "https://storage.example.org/api/v1/payments/return?outcome=paid",
      cancel_url: "https://storage.example.org/api/v1/payments/return?outcome=cancelled",
    });
    expect(request?.headers["x-stripe-client-telemetry"]).toBeFalsy();
  });

  it("is one session for one key of one user, however late it is repeated", async () => {
    const charge = newCharge();
    const [first, second] = [await provider.charge(charge), (clock.advance(7_200_000), await provider.charge(charge))];
    expect(second).toEqual(first);
    await provider.charge({ ...charge, userId: "user-2" });
    await provider.charge({ ...charge, idempotencyKey: `${charge.idempotencyKey}-again` });
    expect(fake.sessions.size).toBe(3);
  });

  it("refuses a key that was used for another amount", async () => {
    const charge = newCharge();
    await provider.charge(charge);
    await expect(provider.charge({ ...charge, amountUsdCents: 2000 })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { field: "idempotency-key" },
    });
  });

  it("tries again by itself, with the same key, where Stripe fails for a moment", async () => {
    fake.nextAnswers.push({ status: 500, body: { error: { type: "api_error", message: "oops" } } });
    await expect(provider.charge(newCharge())).resolves.toMatchObject({ status: "pending" });
    expect(new Set(fake.requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(fake.requests).toHaveLength(2);
  });

  it.each([
    [failure(400, "invalid_request_error", "Amount must be no more than $999,999.99"), "PAYMENT_REFUSED", "999,999.99"],
    [failure(402, "card_error", "declined"), "PAYMENT_REFUSED", "declined"],
    [failure(403, "invalid_request_error", "no permission"), "PAYMENT_UNAVAILABLE", "admin"],
    [failure(429, "invalid_request_error", "slow down"), "PAYMENT_UNAVAILABLE", "429"],
    [failure(503, "api_error", "down"), "PAYMENT_UNAVAILABLE", "503"],
  ])("tells $body as what it is", async (answer, code, says) => {
    fake.nextAnswers.push(answer);
    await expect(provider.charge(newCharge())).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
  });

  it("says so where the key is wrong or nobody answers, and shows no key", async () => {
    const wrong = await openProvider("sk_test_another000");
    const refusal: unknown = await wrong.charge(newCharge()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "PAYMENT_UNAVAILABLE", message: expect.not.stringContaining("sk_test") });
    const stripe = await openStripe({ secretKey: TEST_KEY, apiUrl: "http://127.0.0.1:9" });
    const { logger } = createLogFixture();
    const alone = createStripePaymentProvider(
      { stripe, claims, clock, logger, publicUrl: () => "http://x" },
      { webhookSecret: "whsec_test", toleranceS: 300, isLive: false },
    );
    await expect(alone.charge(newCharge())).rejects.toMatchObject({ code: "PAYMENT_UNAVAILABLE" });
  });
});

describe("find", () => {
  it("follows a payment, asking Stripe at most once in 3 s", async () => {
    const { paymentId } = await provider.charge(newCharge());
    const opened = fake.sessions.get(paymentId)!;
    const seen: unknown[] = [];
    for (const session of [opened, processingSession(opened), paidSession(opened)]) {
      fake.sessions.set(paymentId, session);
      fake.requests.length = 0;
      const answers = await Promise.all([find(paymentId), find(paymentId), find(paymentId)]);
      expect(fake.requests).toHaveLength(1);
      seen.push(...new Set(answers.map((state) => state?.status)));
      clock.advance(3001);
    }
    expect(seen).toEqual(["pending", "processing", "paid"]);
    fake.sessions.set(paymentId, expiredSession(opened));
    expect(await find(paymentId)).toMatchObject({
      status: "expired",
      terms: { userId: "user-1", amountUsdCents: 1050 },
    });
  });

  it("finds nothing that is not there, not of this coordinator, or no id", async () => {
    const { paymentId } = await provider.charge(newCharge());
    fake.sessions.set(paymentId, { ...paidSession(fake.sessions.get(paymentId)!), metadata: {} });
    expect(await find(paymentId)).toBeUndefined();
    expect(await find("cs_test_unknown")).toBeUndefined();
    fake.requests.length = 0;
    for (const id of ["", "../../v1/balance", "cs_test_1/line_items", "cs_", "pi_3"]) {
      expect(await find(id)).toBeUndefined();
    }
    expect(fake.requests).toEqual([]);
  });

  it("asks again after a failure", async () => {
    const { paymentId } = await provider.charge(newCharge());
    fake.nextAnswers.push(failure(503, "api_error", "down"));
    await expect(find(paymentId)).rejects.toMatchObject({ code: "PAYMENT_UNAVAILABLE" });
    expect(await find(paymentId)).toMatchObject({ status: "pending" });
  });
});
