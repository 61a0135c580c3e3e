import { describe, expect, it } from "vitest";
import { type CheckoutSession, judgeSession } from "./judge-session.ts";
import { createPurchaseClaims } from "./purchase-claims.ts";
import {
  expiredSession,
  type FakeSession,
  newFakeSession,
  paidSession,
  processingSession,
} from "./stripe-events.fixture.ts";

const claims = createPurchaseClaims(new Uint8Array(32).fill(1));
const CLAIM = { purchaseId: "p", userId: "user-1", amountUsdCents: 1000, microCredits: 1_000_000_000n };
const OPEN: FakeSession = {
  ...newFakeSession(1, { "line_items[0][price_data][unit_amount]": "1000" }),
  metadata: { ...claims.toMetadata(CLAIM) },
};

const judge = (session: FakeSession, isLive = false) => judgeSession(session as CheckoutSession, { claims, isLive });

describe("judgeSession", () => {
  it.each([
    ["pending", OPEN],
    ["processing", processingSession(OPEN)],
    ["paid", paidSession(OPEN)],
    ["expired", expiredSession(OPEN)],
  ])("sees that it is %s, on the terms that were sealed", (status, session) => {
    const { purchaseId: _, ...terms } = CLAIM;
    expect(judge(session)).toEqual({
      verdict: "payment",
      state: { status, terms: { ...terms, paymentId: session.id } },
    });
  });

  it("leaves alone what is somebody else's", () => {
    expect(judge({ ...paidSession(OPEN), metadata: null })).toEqual({ verdict: "foreign" });
    expect(judge({ ...paidSession(OPEN), metadata: { shop: "mugs" } })).toEqual({ verdict: "foreign" });
  });

  it.each([
    ["less was paid", { amount_total: 999 }, "999 cents"],
    ["nothing was to pay", { amount_total: 0, payment_status: "no_payment_required" }, "0 cents"],
    ["there is no total", { amount_total: null }, "null"],
    ["it was paid in other money", { currency: "jpy" }, "jpy"],
    ["it is a subscription", { mode: "subscription" }, "subscription"],
    ["the money is real and the key is for tests", { livemode: true }, "real money"],
    ["the user is another", { metadata: { ...OPEN.metadata, commonhold_user: "user-2" } }, "not sealed"],
    ["the credits are more", { metadata: { ...OPEN.metadata, commonhold_microcredits: "9000000000" } }, "not sealed"],
  ])("refuses it where %s", (_what, change, why) => {
    expect(judge({ ...paidSession(OPEN), ...change })).toEqual({
      verdict: "refused",
      why: expect.stringContaining(why),
    });
  });

  it("refuses test money where the key is for real money", () => {
    expect(judge(paidSession(OPEN), true)).toEqual({ verdict: "refused", why: expect.stringContaining("test money") });
    expect(judge({ ...paidSession(OPEN), livemode: true }, true)).toMatchObject({ verdict: "payment" });
  });
});
