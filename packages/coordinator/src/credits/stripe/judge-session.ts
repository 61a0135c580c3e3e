import type { Stripe } from "stripe";
import type { PaymentFinding, PaymentStatus } from "../payment-provider.ts";
import type { PurchaseClaims } from "./purchase-claims.ts";

/** The parts of a Checkout Session that count. */
export type CheckoutSession = Pick<
  Stripe.Checkout.Session,
  "id" | "amount_total" | "currency" | "livemode" | "metadata" | "mode" | "payment_status" | "status"
>;

export interface SessionJudgeDeps {
  readonly claims: Pick<PurchaseClaims, "fromMetadata">;
  /** Whether this coordinator takes real money. */
  readonly isLive: boolean;
}

/**
 * What a session of Stripe's means here. User, price and credits are those that this coordinator has sealed; what
 * Stripe says must agree with them, or nothing is bought.
 */
export function judgeSession(session: CheckoutSession, { claims, isLive }: SessionJudgeDeps): PaymentFinding {
  const reading = claims.fromMetadata(session.metadata);
  if (reading.kind === "none") return { verdict: "foreign" };
  if (reading.kind === "forged") return refused(session, "its terms were not sealed by this coordinator");
  const { claim } = reading;
  if (session.livemode !== isLive) {
    return refused(
      session,
      `it is ${session.livemode ? "real" : "test"} money, and the key here is for the other kind`,
    );
  }
  if (session.mode !== "payment") return refused(session, `its mode is ${session.mode}`);
  if (session.currency !== "usd") return refused(session, `its currency is ${session.currency}`);
  if (session.amount_total !== claim.amountUsdCents) {
    return refused(session, `its total is ${session.amount_total} cents, and ${claim.amountUsdCents} were asked for`);
  }
  const { userId, amountUsdCents, microCredits } = claim;
  const terms = { paymentId: session.id, userId, amountUsdCents, microCredits };
  return { verdict: "payment", state: { status: statusOf(session), terms } };
}

function statusOf({ status, payment_status }: CheckoutSession): PaymentStatus {
  if (payment_status === "paid") return "paid";
  if (status === "expired") return "expired";
  return status === "complete" ? "processing" : "pending";
}

function refused({ id }: CheckoutSession, why: string): PaymentFinding {
  return { verdict: "refused", why: `checkout session ${id}: ${why}` };
}
