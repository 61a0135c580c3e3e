import { expect, it } from "vitest";
import { runSeed } from "./run-seed.fixture.ts";

it("a seed always tells the same story, and another one another", { timeout: 60_000 }, async () => {
  const [first, again, other] = [
    await runSeed({ seed: 5, days: 12 }),
    await runSeed({ seed: 5, days: 12 }),
    await runSeed({ seed: 6, days: 12 }),
  ];
  expect(first.trace.length).toBeGreaterThan(1_000);
  expect(again.trace.digest()).toBe(first.trace.digest());
  expect(again.trace.length).toBe(first.trace.length);
  expect(other.trace.digest()).not.toBe(first.trace.digest());
});
