import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/** What one checkout sells, to whom and for how much. */
export interface PurchaseClaim {
  /** Of this one purchase: the same for each repetition of it. */
  readonly purchaseId: string;
  readonly userId: string;
  readonly amountUsdCents: number;
  readonly microCredits: bigint;
}

export type ClaimReading =
  | { readonly kind: "none" }
  | { readonly kind: "forged" }
  | { readonly kind: "genuine"; readonly claim: PurchaseClaim };

/**
 * Claims travel through Stripe in a session's metadata, sealed with HMAC-SHA-256 under a key of this coordinator's
 * own: what comes back is what was made here, and no session that somebody else made in the same Stripe account (another
 * shop, another coordinator, a person at its dashboard) buys credits.
 */
export interface PurchaseClaims {
  toMetadata(claim: PurchaseClaim): Readonly<Record<string, string>>;
  fromMetadata(metadata: Readonly<Record<string, string>> | null | undefined): ClaimReading;
}

const PREFIX = "commonhold_";
const FIELDS = ["purchase", "user", "amount_usd_cents", "microcredits"] as const;
const KEY_BYTES = 32;
const WHOLE = /^[1-9]\d{0,17}$/;

/** @param masterKey 32 bytes */
export function createPurchaseClaims(masterKey: Uint8Array): PurchaseClaims {
  const key = new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), "commonhold purchase claim", KEY_BYTES));

  /** No value has a line end, so no two lists of values are the same text. */
  const sealOf = (values: readonly string[]): string =>
    createHmac("sha256", key)
      .update(["commonhold purchase claim v1", "usd", ...values].join("\n"), "utf8")
      .digest("hex");

  return {
    toMetadata: ({ purchaseId, userId, amountUsdCents, microCredits }) => {
      const values = [purchaseId, userId, String(amountUsdCents), microCredits.toString()];
      const fields = FIELDS.map((field, index) => [PREFIX + field, values[index]!] as const);
      return { ...Object.fromEntries(fields), [`${PREFIX}seal`]: sealOf(values) };
    },
    fromMetadata: (metadata) => {
      const valueOf = (field: string): string | undefined =>
        Object.hasOwn(metadata ?? {}, PREFIX + field) ? metadata?.[PREFIX + field] : undefined;
      const seal = valueOf("seal");
      const values = FIELDS.map(valueOf);
      if (seal === undefined && values.every((value) => value === undefined)) return { kind: "none" };
      if (!values.every((value) => typeof value === "string" && !value.includes("\n"))) return { kind: "forged" };
      const [purchaseId, userId, cents, microCredits] = values as [string, string, string, string];
      if (!isSame(String(seal), sealOf(values as string[])) || !WHOLE.test(cents) || !WHOLE.test(microCredits)) {
        return { kind: "forged" };
      }
      const claim = { purchaseId, userId, amountUsdCents: Number(cents), microCredits: BigInt(microCredits) };
      return { kind: "genuine", claim };
    },
  };
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given, "utf8"), Buffer.from(expected, "utf8")];
  return a.length === b.length && timingSafeEqual(a, b);
}
