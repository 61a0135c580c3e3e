import { resolve } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { readSecretFile } from "@commonhold/runtime/secret-file.ts";
import type { CoordinatorConfig } from "../config/coordinator-config.ts";
import { createLocalPaymentProvider } from "./local-payment-provider.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { openStripe } from "./stripe/open-stripe.ts";
import { createPurchaseClaims } from "./stripe/purchase-claims.ts";
import { createStripePaymentProvider } from "./stripe/stripe-payment-provider.ts";

export interface OpenPaymentProviderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** 32 bytes; a key of its own is derived from it. */
  readonly masterKey: Uint8Array;
  readonly publicUrl: () => string;
}

export interface OpenPaymentProviderOptions {
  readonly payments: CoordinatorConfig["payments"];
  /** As it is configured; undefined where it is not. */
  readonly publicUrl: string | undefined;
  /** The data folder: what the paths in the settings start from. */
  readonly folder: string;
}

const SECRET_KEY = /^(?:sk|rk)_(test|live)_[A-Za-z0-9_]{4,500}$/;
const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/=_-]{4,500}$/;

/**
 * The payment provider that the settings name.
 * @throws AppError INVALID_CONFIG for a secret that is missing, open to others or of another kind, and for a key for real
 *   money without a public address in https
 */
export async function openPaymentProvider(
  deps: OpenPaymentProviderDeps,
  { payments, publicUrl, folder }: OpenPaymentProviderOptions,
): Promise<PaymentProvider> {
  if (payments.provider === "local") return createLocalPaymentProvider();
  const secretKey = await readSecret(folder, payments, "stripe_secret_key_file");
  const webhookSecret = await readSecret(folder, payments, "stripe_webhook_secret_file");
  const isLive = SECRET_KEY.exec(secretKey)?.[1] === "live";
  if (isLive) checkRealMoney(payments, publicUrl);
  const stripe = await openStripe({ secretKey, apiUrl: payments.stripe_api_url });
  return createStripePaymentProvider(
    { ...deps, stripe, claims: createPurchaseClaims(deps.masterKey) },
    { webhookSecret, toleranceS: payments.stripe_webhook_tolerance_s, isLive },
  );
}

const SECRETS = {
  stripe_secret_key_file: { form: SECRET_KEY, example: "sk_test_…, sk_live_…, rk_test_… or rk_live_…" },
  stripe_webhook_secret_file: { form: WEBHOOK_SECRET, example: "whsec_…" },
} as const;

/** The message never holds what the file does. */
async function readSecret(
  folder: string,
  payments: CoordinatorConfig["payments"],
  key: keyof typeof SECRETS,
): Promise<string> {
  const path = resolve(folder, payments[key]);
  const { form, example } = SECRETS[key];
  const secret = Buffer.from(await readSecretFile(path))
    .toString("utf8")
    .trim();
  if (form.test(secret)) return secret;
  throw new AppError("INVALID_CONFIG", `payments.${key} is "${path}": it must hold one line like ${example}`, {
    details: { path },
  });
}

function checkRealMoney({ stripe_api_url }: CoordinatorConfig["payments"], publicUrl: string | undefined): void {
  if (publicUrl === undefined || !publicUrl.startsWith("https://")) {
    throw new AppError(
      "INVALID_CONFIG",
      `http.public_url is ${publicUrl ?? "not set"}: with a key for real money it must be an address in https`,
    );
  }
  if (stripe_api_url !== undefined) {
    throw new AppError(
      "INVALID_CONFIG",
      "payments.stripe_api_url is for test keys: a key for real money goes to Stripe",
    );
  }
}
