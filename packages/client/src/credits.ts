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
  amount_usd: amount,
  credits: amount,
  balance: creditBalance,
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
export type CreditLine = Read<typeof creditLine>;

export interface Credits {
  /**
   * Buys credits. Repeating it with the same key after a lost answer pays only once.
   * @param amountUsd decimal text, such as "10" or "2.50"
   * @throws AppError PAYMENT_REFUSED, INVALID_REQUEST
   */
  buy(amountUsd: string, options?: { idempotencyKey?: string; signal?: AbortSignal }): Promise<Purchase>;
  /** Newest first. */
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
