import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPurchaseClaims } from "./purchase-claims.ts";

const CLAIM = { purchaseId: "0123456789abcdef", userId: "user-1", amountUsdCents: 250, microCredits: 250_000_000n };
const claims = createPurchaseClaims(new Uint8Array(32).fill(7));

describe("purchase claims", () => {
  it("have this form, which sessions under way depend on", () => {
    expect(claims.toMetadata(CLAIM)).toEqual({
      commonhold_purchase: "0123456789abcdef",
      commonhold_user: "user-1",
      commonhold_amount_usd_cents: "250",
      commonhold_microcredits: "250000000",
      commonhold_seal: "052e76ee5a9417b595be61bd9ac03fbe207fa902e3998b56d57840d9193e7b75",
    });
  });

  it("come back as they were made, among whatever else stands there", () => {
    fc.assert(
      fc.property(
        fc.record({
          purchaseId: fc.stringMatching(/^[0-9a-f]{32}$/),
          userId: fc.uuid(),
          amountUsdCents: fc.integer({ min: 1, max: 1_000_000 }),
          microCredits: fc.bigInt({ min: 1n, max: 10n ** 17n }),
        }),
        (claim) => {
          const metadata = { ...claims.toMetadata(claim), order: "7" };
          expect(claims.fromMetadata(metadata)).toEqual({ kind: "genuine", claim });
        },
      ),
    );
  });

  it.each([null, undefined, {}, { order: "7" }])("are not in %j", (metadata) => {
    expect(claims.fromMetadata(metadata)).toEqual({ kind: "none" });
  });

  const genuine = claims.toMetadata(CLAIM);
  it.each(Object.keys(genuine))("are forged where %s is another, or missing", (key) => {
    const { [key]: value = "", ...rest } = genuine;
    for (const metadata of [rest, { ...rest, [key]: "" }, { ...rest, [key]: `${value}0` }, { ...rest, [key]: "1" }]) {
      expect(claims.fromMetadata(metadata)).toEqual({ kind: "forged" });
    }
  });

  it("are forged where values change places across a line end", () => {
    const moved = { ...genuine, commonhold_purchase: `${CLAIM.purchaseId}\n${CLAIM.userId}`, commonhold_user: "250" };
    expect(claims.fromMetadata(moved)).toEqual({ kind: "forged" });
  });

  it("of another coordinator are forged here", () => {
    const other = createPurchaseClaims(new Uint8Array(32).fill(8));
    expect(claims.fromMetadata(other.toMetadata(CLAIM))).toEqual({ kind: "forged" });
  });
});
