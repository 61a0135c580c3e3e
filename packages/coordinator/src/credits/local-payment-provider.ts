import { createHash } from "node:crypto";
import type { PaymentProvider } from "./payment-provider.ts";

const LIMITS_USD_CENTS = { min: 100, max: 1_000_000 } as const;

/**
 * For trials and for communities that settle among themselves: it takes no money and accepts every payment from 1 to
 * 10,000 dollars. It keeps nothing: a payment's id follows from the user and the idempotency key.
 */
export function createLocalPaymentProvider(): PaymentProvider {
  return {
    name: "local",
    limitsUsdCents: LIMITS_USD_CENTS,
    charge: async ({ userId, idempotencyKey }) => {
      const digest = createHash("sha256").update(`${userId}\0${idempotencyKey}`, "utf8").digest("hex");
      return { paymentId: `local-${digest.slice(0, 32)}`, status: "completed" };
    },
  };
}
