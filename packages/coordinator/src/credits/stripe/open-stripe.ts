import type { Stripe } from "stripe";

export interface StripeOptions {
  readonly secretKey: string;
  /** In place of Stripe's own: http or https, host, port. */
  readonly apiUrl?: string | undefined;
}

/** Of one try. */
const TIMEOUT_MS = 10_000;
const RETRIES_MAX = 2;

/** Stripe's own library, which takes 35 MB of memory: it is loaded here, where it was chosen, and nowhere else. */
export async function openStripe({ secretKey, apiUrl }: StripeOptions): Promise<Stripe> {
  const library = await import("stripe");
  return new library.Stripe(secretKey, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES_MAX,
    telemetry: false,
    appInfo: { name: "Commonhold" },
    ...(apiUrl === undefined ? {} : endpointOf(new URL(apiUrl))),
  });
}

function endpointOf(url: URL) {
  const isPlain = url.protocol === "http:";
  return {
    protocol: isPlain ? ("http" as const) : ("https" as const),
    host: url.hostname,
    port: url.port === "" ? (isPlain ? 80 : 443) : Number(url.port),
  };
}
