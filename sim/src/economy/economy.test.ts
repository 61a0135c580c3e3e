import { expect, it } from "vitest";
import { runEconomySeed, runEconomyUnharmed } from "./economy-seed.fixture.ts";

const TEST_MS_MAX = 240_000;

it("finds out who cheats and nobody else, and pays to the last micro-credit", { timeout: TEST_MS_MAX }, async () => {
  const { trace, faults, checkers } = await runEconomyUnharmed({ seed: 3, days: 5 });
  expect(trace.count("audited")).toBeGreaterThan(500);
  expect(trace.count("settled")).toBeGreaterThanOrEqual(4);
  expect(checkers[0]!.verdict()[0]).toContain("3 of 3 nodes that cheat are disqualified, none of 7 honest ones");
  expect(faults.get("coordinator_crash")).toBeGreaterThan(0);
});

it("tells the same story of a seed always, and another one of another", { timeout: TEST_MS_MAX }, async () => {
  const [first, again, other] = [
    await runEconomySeed({ seed: 5, days: 1 }),
    await runEconomySeed({ seed: 5, days: 1 }),
    await runEconomySeed({ seed: 6, days: 1 }),
  ];
  expect(first.failure).toBeUndefined();
  expect(first.trace.length).toBeGreaterThan(300);
  expect(again.trace.digest()).toBe(first.trace.digest());
  expect(other.trace.digest()).not.toBe(first.trace.digest());
});
