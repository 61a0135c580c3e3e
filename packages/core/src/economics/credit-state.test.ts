import { describe, expect, it } from "vitest";
import { type CreditFigures, creditsLastUntilMs, creditStateOf } from "./credit-state.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_700_000_000_000;
const TERMS = { nowMs: NOW_MS, graceMs: 14 * DAY_MS };
const RICH: CreditFigures = { available: 600n, prepaid: 100n, lastDayCharge: 100n, arrearsSinceMs: undefined };

describe("creditStateOf", () => {
  it.each<[string, string, Partial<CreditFigures>]>([
    ["ok", "credits for a week", {}],
    ["low", "less than a week's", { available: 599n }],
    ["ok", "nothing that costs", { available: 0n, prepaid: 0n, lastDayCharge: 0n }],
    ["in_grace", "debt since now", { arrearsSinceMs: NOW_MS }],
    ["in_grace", "debt for almost two weeks", { arrearsSinceMs: NOW_MS - 14 * DAY_MS + 1 }],
    ["stopped", "debt for two weeks", { arrearsSinceMs: NOW_MS - 14 * DAY_MS }],
  ])("is %s with %s", (state, _, figures) => {
    expect(creditStateOf({ ...RICH, ...figures }, TERMS)).toBe(state);
  });
});

describe("creditsLastUntilMs", () => {
  it("is when the last day's charge has used them up", () => {
    expect(creditsLastUntilMs(RICH, NOW_MS)).toBe(NOW_MS + 7 * DAY_MS);
    expect(creditsLastUntilMs({ ...RICH, available: 50n, prepaid: 0n }, NOW_MS)).toBe(NOW_MS + DAY_MS / 2);
    expect(creditsLastUntilMs({ ...RICH, arrearsSinceMs: 5 }, NOW_MS)).toBe(NOW_MS);
  });

  it("is not known where nothing is charged, or for ages", () => {
    expect(creditsLastUntilMs({ ...RICH, lastDayCharge: 0n }, NOW_MS)).toBeUndefined();
    expect(creditsLastUntilMs({ ...RICH, available: 10n ** 18n, lastDayCharge: 1n }, NOW_MS)).toBeUndefined();
  });
});
