/** One payment that a user asks for. */
export interface Charge {
  /** Positive, within the provider's limits. */
  readonly amountUsdCents: number;
  /** What is bought for it. */
  readonly microCredits: bigint;
  readonly userId: string;
  /** The same key of the same user is the same payment: it is charged once. */
  readonly idempotencyKey: string;
}

export type Payment =
  | {
      readonly status: "completed";
      /** The provider's own name of it, the same for each repetition. */
      readonly paymentId: string;
    }
  | {
      /** The person pays at the address; what comes of it is told by `find` and by notices. */
      readonly status: "pending";
      readonly paymentId: string;
      readonly checkoutUrl: string;
      /** After this the address takes no payment. */
      readonly expiresAtMs: number;
    };

/** What a payment buys and for whom: as the coordinator itself has laid it down, not as somebody else says. */
export interface PaymentTerms {
  readonly paymentId: string;
  readonly userId: string;
  readonly amountUsdCents: number;
  readonly microCredits: bigint;
}

/**
 * How a payment stands: waiting for the person · begun, and the bank takes its time · paid in full · did not succeed ·
 * given up.
 */
export type PaymentStatus = "pending" | "processing" | "paid" | "failed" | "expired";

export interface PaymentState {
  readonly status: PaymentStatus;
  readonly terms: PaymentTerms;
}

/** What a provider tells by itself, after it was seen to be genuine and fresh. */
export interface PaymentNotice {
  /** The provider's own name of the notice, the same each time that it is sent. */
  readonly eventId: string;
  readonly kind: string;
  readonly content: PaymentFinding;
}

/** payment: of this coordinator · foreign: not its business · refused: it looks like its own and is not as it was made. */
export type PaymentFinding =
  | { readonly verdict: "payment"; readonly state: PaymentState }
  | { readonly verdict: "foreign" }
  | { readonly verdict: "refused"; readonly why: string };

/** Who takes people's money. */
export interface PaymentProvider {
  /** Lower case, as it stands in the ledger. */
  readonly name: string;
  readonly limitsUsdCents: { readonly min: number; readonly max: number };
  /** @throws AppError PAYMENT_REFUSED, PAYMENT_UNAVAILABLE, OVERLOADED; INVALID_REQUEST for a key used for another amount */
  charge(charge: Charge): Promise<Payment>;
  /** Only where payments are pending at first. */
  readonly remote?: RemotePayments;
}

/** The side of a provider where money comes later than the call. */
export interface RemotePayments {
  /**
   * Asks the provider; undefined where it has no such payment of this coordinator.
   * @throws AppError PAYMENT_UNAVAILABLE, OVERLOADED
   */
  find(paymentId: string): Promise<PaymentState | undefined>;
  /**
   * Checks and reads what was sent to the webhook.
   * @throws AppError INVALID_REQUEST for what the provider did not sign, or signed too long ago
   */
  readNotice(body: Uint8Array, signature: string): PaymentNotice;
}
