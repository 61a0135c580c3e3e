import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import { creditBalance } from "./accounts.ts";
import { nullable, object, optional, type Read, type Reader, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const LINES_PER_PAGE = 200;

/** A number or decimal text, as the payment provider gives it. */
const amount: Reader<string | number> = (value, path) => (typeof value === "number" ? value : text(value, path));

const purchase = object({
  payment_id: text,
  provider: text,
  status: text,
  checkout_url: optional(text),
  expires_at: optional(text),
  amount_usd: amount,
  credits: amount,
  balance: creditBalance,
});

const purchaseProgress = object({ payment_id: text, status: text, balance: creditBalance });

/** How an owner stands; amounts as decimal text, beside them the same in millionths. */
const creditStanding = object({
  /** ok, low, in_grace or stopped. */
  state: text,
  /** What to know and to do, where there is something. */
  notice: nullable(text),
  available: text,
  reserved: text,
  prepaid: text,
  debt: text,
  arrears_since: nullable(text),
  uploads_stop_at: nullable(text),
  last_day: nullable(object({ day: text, gb_days: text, charged: text })),
  lasts_until: nullable(text),
});

/** What a UTC day's storage cost. */
const chargedDay = object({
  day: text,
  /** GB (10⁹ bytes) of all copies, kept for a day. */
  gb_days: text,
  /** For a GB and month. */
  price: text,
  charged: text,
  charged_microcredits: text,
});

/** One movement of an account's credits; negative amounts were spent. */
const creditLine = object({
  id: text,
  kind: text,
  description: text,
  reference: optional(nullable(text)),
  amount: text,
  amount_microcredits: text,
  created_at: text,
});

export type Purchase = Read<typeof purchase>;
export type PurchaseProgress = Read<typeof purchaseProgress>;
export type CreditStanding = Read<typeof creditStanding>;
export type ChargedDay = Read<typeof chargedDay>;
export type CreditLine = Read<typeof creditLine>;

export interface Credits {
  /**
   * Buys credits. Repeating it with the same key after a lost answer pays only once. Where `status` is "pending", a
   * person pays at `checkout_url`; `progress` tells what came of it.
   * @param amountUsd decimal text, such as "10" or "2.50"
   * @throws AppError PAYMENT_REFUSED, PAYMENT_UNAVAILABLE, INVALID_REQUEST
   */
  buy(amountUsd: string, options?: { idempotencyKey?: string; signal?: AbortSignal }): Promise<Purchase>;
  /**
   * How a purchase stands: `status` is completed, pending, processing, failed or expired.
   * @throws AppError NOT_FOUND for one that is not the caller's
   */
  progress(paymentId: string, signal?: AbortSignal): Promise<PurchaseProgress>;
  /** How the caller stands with credits, and how long they last. */
  standing(signal?: AbortSignal): Promise<CreditStanding>;
  /** What each day was charged, newest first. */
  days(options?: { signal?: AbortSignal }): AsyncIterable<ChargedDay>;
  /** What came into the credits that can be spent and what left them, newest first. */
  history(options?: { signal?: AbortSignal }): AsyncIterable<CreditLine>;
}

export function createCredits(deps: {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}): Credits {
  const { transport, clock, random } = deps;
  return {
    buy: (amountUsd, options = {}) =>
      transport.call(
        {
          method: "POST",
          path: "/api/v1/auth/credits/purchase",
          body: { amount_usd: amountUsd },
          headers: { "idempotency-key": options.idempotencyKey ?? uuidV7(clock.nowMs(), random.bytes(10)) },
          idempotent: true,
          ...withSignal(options.signal),
        },
        purchase,
      ),
    progress: (paymentId, signal) =>
      transport.call(
        {
          method: "GET",
          path: `/api/v1/auth/credits/purchases/${encodeURIComponent(paymentId)}`,
          ...withSignal(signal),
        },
        purchaseProgress,
      ),
    standing: (signal) =>
      transport.call({ method: "GET", path: "/api/v1/credits", ...withSignal(signal) }, creditStanding),
    days: (options = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/credits/days",
          query: { limit: LINES_PER_PAGE },
          ...withSignal(options.signal),
        },
        chargedDay,
      ),
    history: (options = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/credits/history",
          query: { limit: LINES_PER_PAGE },
          ...withSignal(options.signal),
        },
        creditLine,
      ),
  };
}
