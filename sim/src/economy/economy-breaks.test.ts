import { describe, expect, it } from "vitest";
import type { FailureKind } from "../checkers/simulation-failure.ts";
import { ECONOMY_BREAKS, type EconomyBreakName } from "./economy-breaks.ts";
import { runEconomySeed } from "./economy-seed.fixture.ts";

/** What each defect shows itself as, in a run of some seed. */
const SHOWN: Readonly<Record<EconomyBreakName, { readonly as: FailureKind; readonly seed: number }>> = {
  "credulous-verification": { as: "uncaught", seed: 3 },
  "lenient-reputation": { as: "uncaught", seed: 3 },
  "loss-is-dishonest": { as: "injustice", seed: 3 },
  "ignored-absences": { as: "wrong_sum", seed: 3 },
  "blamed-for-gaps": { as: "wrong_sum", seed: 3 },
  "paid-until-found": { as: "wrong_sum", seed: 3 },
  "paid-twice": { as: "wrong_sum", seed: 3 },
  unforfeited: { as: "wrong_sum", seed: 3 },
};
const DAYS = 6;
const TEST_MS_MAX = 240_000;

describe("the checkers find", () => {
  it.each(Object.keys(ECONOMY_BREAKS) as EconomyBreakName[])("%s", { timeout: TEST_MS_MAX }, async (broken) => {
    const { as, seed } = SHOWN[broken];
    const { failure } = await runEconomySeed({ seed, days: DAYS, broken });
    expect(failure?.kind).toBe(as);
  });
});
