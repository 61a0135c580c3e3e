/** One payment that a user asks for. */
export interface Charge {
  /** Positive, within the provider's limits. */
  readonly amountUsdCents: number;
  readonly userId: string;
  /** The same key of the same user is the same payment: it is charged once. */
  readonly idempotencyKey: string;
}

export interface Payment {
  /** The provider's own name of it, the same for each repetition. */
  readonly paymentId: string;
  readonly status: "completed";
}

/** Who takes people's money. */
export interface PaymentProvider {
  /** Lower case, as it stands in the ledger. */
  readonly name: string;
  readonly limitsUsdCents: { readonly min: number; readonly max: number };
  /** @throws AppError PAYMENT_REFUSED */
  charge(charge: Charge): Promise<Payment>;
}
