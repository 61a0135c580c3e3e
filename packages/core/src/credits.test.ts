import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCredits, MICRO_PER_CREDIT, parseCredits } from "./credits.ts";

const AMOUNT_MAX = 10n ** 18n - 1n;

describe("credits as text", () => {
  it.each([
    ["0", 0n],
    ["0.000001", 1n],
    ["12.5", 12_500_000n],
    ["999999999999.999999", AMOUNT_MAX],
  ])("%s is %i micro-credits, both ways", (text, microCredits) => {
    expect(parseCredits(text)).toBe(microCredits);
    expect(formatCredits(microCredits)).toBe(text);
  });

  it("is read back as the amount that was written", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, AMOUNT_MAX), (microCredits) => {
        const text = formatCredits(microCredits);
        expect(parseCredits(text)).toBe(microCredits);
        expect(text).not.toMatch(/\.\d*0$|\.$/);
      }),
    );
  });

  it("reads the digits as they stand, zeros in front and behind included", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,12}$/), fc.stringMatching(/^[0-9]{1,6}$/), (whole, fraction) => {
        expect(parseCredits(whole)).toBe(BigInt(whole) * MICRO_PER_CREDIT);
        expect(parseCredits(`${whole}.${fraction}`)).toBe(BigInt(whole + fraction.padEnd(6, "0")));
      }),
    );
  });

  it("writes a debt with its sign, also one below a credit", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, AMOUNT_MAX), (microCredits) => {
        expect(formatCredits(-microCredits)).toBe(`-${formatCredits(microCredits)}`);
      }),
    );
  });

  it.each(["", " 1", "1 ", "1\n", "-1", "+1", ".5", "1.", "1.2345678", "1e3", "0x10", "1,5", "1234567890123", "١"])(
    "refuses %j",
    (text) => {
      expect(() => parseCredits(text)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    },
  );
});
