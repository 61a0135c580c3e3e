import { createHash } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { bulkhead, timeout, TimeoutStrategy, wrap } from "cockatiel";
import { LRUCache } from "lru-cache";
import type { Stripe } from "stripe";
import type { Charge, PaymentProvider, PaymentState } from "../payment-provider.ts";
import { judgeSession } from "./judge-session.ts";
import type { PurchaseClaims } from "./purchase-claims.ts";
import { createStripeNoticeReader } from "./read-stripe-notice.ts";
import { isMissing, toPaymentError } from "./stripe-errors.ts";

export interface StripePaymentProviderDeps {
  readonly stripe: Pick<Stripe, "checkout" | "webhooks">;
  readonly claims: PurchaseClaims;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** Where people reach this coordinator, once it listens. */
  readonly publicUrl: () => string;
}

export interface StripePaymentProviderOptions {
  readonly webhookSecret: string;
  readonly toleranceS: number;
  /** Whether the key is for real money. */
  readonly isLive: boolean;
}

/** Where the browser comes back to, below the public address. */
export const RETURN_PATH = "/api/v1/payments/return";

/** Stripe takes 0.50 to 999,999.99 dollars; below one, its fee would eat the payment. */
const LIMITS_USD_CENTS = { min: 100, max: 1_000_000 } as const;
const CALLS_AT_ONCE = 8;
const CALLS_WAITING_MAX = 64;
/** All tries of a call together. */
const CALL_MS_MAX = 35_000;
const FOUND_CACHED_MAX = 1000;
const FOUND_CACHED_MS = 3000;
const SESSION_ID = /^cs_[A-Za-z0-9_]{1,250}$/;

interface Finding {
  readonly askedAtMs: number;
  readonly state: Promise<PaymentState | undefined>;
}

/**
 * Payments by Stripe's hosted Checkout: a session per purchase, whose id names the payment. Credits come when Stripe says
 * that the session is paid, by its webhook or when it is asked.
 * @see https://docs.stripe.com/payments/checkout/fulfillment
 */
export function createStripePaymentProvider(
  deps: StripePaymentProviderDeps,
  options: StripePaymentProviderOptions,
): PaymentProvider {
  const { stripe, claims, clock } = deps;
  const judge = { claims, isLive: options.isLive };
  const limits = wrap(timeout(CALL_MS_MAX, TimeoutStrategy.Aggressive), bulkhead(CALLS_AT_ONCE, CALLS_WAITING_MAX));
  const call = <T>(make: () => Promise<T>): Promise<T> => limits.execute(make);
  const found = new LRUCache<string, Finding>({ max: FOUND_CACHED_MAX });

  async function lookUp(paymentId: string): Promise<PaymentState | undefined> {
    let session: Stripe.Checkout.Session;
    try {
      session = await call(() => stripe.checkout.sessions.retrieve(paymentId));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toPaymentError(error);
    }
    const finding = judgeSession(session, judge);
    if (finding.verdict === "refused")
      deps.logger.error({ payment: paymentId, why: finding.why }, "a payment is refused");
    return finding.verdict === "payment" ? finding.state : undefined;
  }

  return {
    name: "stripe",
    limitsUsdCents: LIMITS_USD_CENTS,

    charge: async (charge) => {
      const purchaseId = purchaseIdOf(charge);
      const params = sessionParams(charge, {
        metadata: claims.toMetadata({ ...charge, purchaseId }),
        returnUrl: `${deps.publicUrl().replace(/\/+$/, "")}${RETURN_PATH}`,
      });
      const session = await call(() =>
        stripe.checkout.sessions.create(params, { idempotencyKey: `commonhold-${purchaseId}` }),
      ).catch((error: unknown) => {
        throw toPaymentError(error);
      });
      if (session.url === null || !SESSION_ID.test(session.id)) {
        throw new AppError("PAYMENT_UNAVAILABLE", "Stripe gave no address to pay at: try again with a new purchase");
      }
      return {
        status: "pending",
        paymentId: session.id,
        checkoutUrl: session.url,
        expiresAtMs: session.expires_at * 1000,
      };
    },

    remote: {
      find: async (paymentId) => {
        if (!SESSION_ID.test(paymentId)) return undefined;
        const known = found.get(paymentId);
        if (known !== undefined && clock.monotonicMs() - known.askedAtMs <= FOUND_CACHED_MS) return known.state;
        const state = lookUp(paymentId);
        found.set(paymentId, { askedAtMs: clock.monotonicMs(), state });
        state.catch(() => found.delete(paymentId));
        return state;
      },
      readNotice: createStripeNoticeReader({ ...judge, webhooks: stripe.webhooks, clock }, options),
    },
  };
}

/** The same key of the same user names the same purchase, also at Stripe, where it makes one session only. */
function purchaseIdOf({ userId, idempotencyKey }: Charge): string {
  return createHash("sha256").update(`${userId}\0${idempotencyKey}`, "utf8").digest("hex").slice(0, 32);
}

/** Nothing in it may differ between repetitions: Stripe would refuse them. */
function sessionParams(
  { amountUsdCents, microCredits, userId }: Charge,
  { metadata, returnUrl }: { readonly metadata: Readonly<Record<string, string>>; readonly returnUrl: string },
): Stripe.Checkout.SessionCreateParams {
  const name = `${formatCredits(microCredits)} storage credits`;
  return {
    mode: "payment",
    line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: amountUsdCents, product_data: { name } } }],
    client_reference_id: userId,
    metadata: { ...metadata },
    // For people at Stripe's dashboard, who see payments and not sessions.
    payment_intent_data: { description: name, metadata: { commonhold_user: userId } },
    // What is paid must be what was asked for, in the same currency.
    adaptive_pricing: { enabled: false },
    allow_promotion_codes: false,
    success_url: `${returnUrl}?outcome=paid`,
    cancel_url: `${returnUrl}?outcome=cancelled`,
  };
}
