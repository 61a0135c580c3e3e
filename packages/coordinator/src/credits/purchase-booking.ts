import type { Clock } from "@commonhold/core/clock.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { availableAccount, debtAccount } from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { sql } from "kysely";
import type { PaymentTerms } from "./payment-provider.ts";
import { formatUsd } from "./usd-amount.ts";

/** Puts what was paid for into accounts. */
export interface PurchaseBooking {
  /**
   * Books a payment that has been made, once, however often it is called.
   * @throws AppError NOT_FOUND for an unknown user, INVALID_REQUEST where it was booked with other terms
   */
  book(terms: PaymentTerms): Promise<{ readonly repeated: boolean }>;
  /** Whether a payment of this user has been booked. */
  isBooked(userId: string, paymentId: string): Promise<boolean>;
}

export interface PurchaseBookingDeps {
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly random: Random;
}

/** @param provider the name of the provider, as it stands in the ledger */
export function createPurchaseBooking(deps: PurchaseBookingDeps, provider: string): PurchaseBooking {
  const { metadata, clock, random } = deps;
  return {
    book: async ({ paymentId, userId, amountUsdCents, microCredits }) => {
      const nowMs = clock.nowMs();
      const { repeated } = await metadata.apply("ledger.purchase", {
        id: uuidV7(nowMs, random.bytes(10)),
        user_id: userId,
        amount_microcredits: microCredits.toString(),
        payment_id: paymentId,
        provider,
        description: `Bought ${formatCredits(microCredits)} credits for ${formatUsd(amountUsdCents)} USD`,
        now_ms: nowMs,
      });
      return { repeated };
    },
    isBooked: async (userId, paymentId) => {
      const row = await metadata.read
        .selectFrom("ledger_transactions")
        .innerJoin("ledger_entries", "ledger_entries.transaction_id", "ledger_transactions.id")
        .select("ledger_transactions.id")
        // A literal: a planner must see it to take the index of payments.
        .where("ledger_transactions.kind", "=", sql.lit("purchase"))
        .where("ledger_transactions.reference", "=", paymentId)
        // A purchase pays debts first, maybe all of it.
        .where("ledger_entries.account_id", "in", [availableAccount(userId), debtAccount(userId)])
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
