import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../app-error.ts";
import {
  AUDIT_OUTCOMES,
  countsForPay,
  decodeOutcomes,
  encodeOutcomes,
  isDishonest,
  isNodeError,
  isOfWholeChallenge,
} from "./audit-outcome.ts";

describe("outcomes as text", () => {
  it("have these letters", () => {
    expect(encodeOutcomes(AUDIT_OUTCOMES)).toBe("pwlosrte");
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...AUDIT_OUTCOMES), { maxLength: 20 }), (outcomes) => {
        expect(decodeOutcomes(encodeOutcomes(outcomes))).toEqual(outcomes);
      }),
    );
  });

  it.each(["x", "pp ", "P"])("%j is none", (text) => {
    expect(() => decodeOutcomes(text)).toThrow(AppError);
  });
});

describe("what an outcome counts for", () => {
  const those = (test: (outcome: (typeof AUDIT_OUTCOMES)[number]) => boolean) => AUDIT_OUTCOMES.filter(test);

  it("honesty: wrong, and silence that is final", () => {
    expect(those((outcome) => isDishonest(outcome, false))).toEqual(["wrong"]);
    expect(those((outcome) => isDishonest(outcome, true))).toEqual(["wrong", "silent"]);
  });

  it("errors: refused, error, and silence that is asked again", () => {
    expect(those((outcome) => isNodeError(outcome, false))).toEqual(["silent", "refused", "error"]);
    expect(those((outcome) => isNodeError(outcome, true))).toEqual(["refused", "error"]);
  });

  it("pay: all but offline", () => {
    expect(those((outcome) => !countsForPay(outcome))).toEqual(["offline"]);
  });

  it("one chunk alone, where the node said something of it", () => {
    expect(those((outcome) => !isOfWholeChallenge(outcome))).toEqual(["passed", "wrong", "lost", "late"]);
  });
});
