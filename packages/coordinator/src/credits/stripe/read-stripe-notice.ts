import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Stripe } from "stripe";
import type { PaymentFinding, PaymentNotice } from "../payment-provider.ts";
import { type CheckoutSession, judgeSession, type SessionJudgeDeps } from "./judge-session.ts";

export interface StripeNoticesDeps extends SessionJudgeDeps {
  readonly webhooks: Pick<Stripe["webhooks"], "constructEvent">;
  readonly clock: Pick<Clock, "nowMs">;
}

export interface StripeNoticesOptions {
  readonly webhookSecret: string;
  /** How old a signature may be; seconds, at least 1. */
  readonly toleranceS: number;
}

const EVENT_ID = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads what Stripe sends to the webhook.
 * @throws AppError INVALID_REQUEST where the signature is not Stripe's for these bytes, or is too old
 * @see https://docs.stripe.com/webhooks/signature
 */
export function createStripeNoticeReader(deps: StripeNoticesDeps, options: StripeNoticesOptions) {
  return (body: Uint8Array, signature: string): PaymentNotice => {
    const event = checkedEvent(deps, options, { body, signature });
    return { eventId: event.id, kind: event.type, content: contentOf(event, deps) };
  };
}

function checkedEvent(
  { webhooks, clock }: StripeNoticesDeps,
  { webhookSecret, toleranceS }: StripeNoticesOptions,
  { body, signature }: { readonly body: Uint8Array; readonly signature: string },
): Stripe.Event {
  let event: unknown;
  try {
    event = webhooks.constructEvent(body, signature, webhookSecret, toleranceS, undefined, clock.nowMs());
  } catch (cause) {
    throw new AppError(
      "INVALID_REQUEST",
      "this is no fresh message of Stripe's to this coordinator: compare payments.stripe_webhook_secret_file with the " +
        "signing secret of the endpoint, and the clock of this machine",
      { details: { in: "header", field: "stripe-signature" }, cause },
    );
  }
  if (!isEvent(event)) throw notAnEvent();
  return event;
}

function contentOf(event: Stripe.Event, deps: SessionJudgeDeps): PaymentFinding {
  // Set where the event is about another account that is connected to ours: none of our sessions are there.
  if (typeof event.account === "string") return { verdict: "foreign" };
  switch (event.type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
      return judgeSession(sessionOf(event), deps);
    case "checkout.session.async_payment_failed":
      return withStatus("failed", judgeSession(sessionOf(event), deps));
    case "checkout.session.expired":
      return withStatus("expired", judgeSession(sessionOf(event), deps));
    default:
      return { verdict: "foreign" };
  }
}

function isEvent(value: unknown): value is Stripe.Event {
  const { id, object, type } = asRecord(value);
  return object === "event" && typeof id === "string" && EVENT_ID.test(id) && typeof type === "string";
}

function sessionOf({ data }: Stripe.Event): CheckoutSession {
  const session: unknown = asRecord(data)["object"];
  if (typeof asRecord(session)["id"] !== "string") throw notAnEvent();
  return session as CheckoutSession;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function notAnEvent(): AppError {
  return new AppError("INVALID_REQUEST", "the body is no event of Stripe's", { details: { in: "body" } });
}

function withStatus(status: "failed" | "expired", finding: PaymentFinding): PaymentFinding {
  return finding.verdict === "payment" ? { verdict: "payment", state: { ...finding.state, status } } : finding;
}
