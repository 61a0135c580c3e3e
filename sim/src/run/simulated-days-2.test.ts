import { describe, expect, it } from "vitest";
import { runUnharmed } from "./run-seed.fixture.ts";

// In two files, so that they run side by side.
const SEEDS = Array.from({ length: 9 }, (_, number) => number + 101);
const TEST_MS_MAX = 180_000;

describe("hundreds of days of faults", () => {
  it.each(SEEDS)("leave everything as promised: seed %i", { timeout: TEST_MS_MAX }, async (seed) => {
    const { simulatedDays, faults, copiedBytes } = await runUnharmed({ seed });
    expect(simulatedDays).toBe(105);
    expect(faults.size).toBeGreaterThan(12);
    expect(copiedBytes).toBeGreaterThan(0);
  });

  it("in a small network, with faults twice as often", { timeout: TEST_MS_MAX }, async () => {
    const { simulatedDays } = await runUnharmed({ seed: 101, nodes: 8, intensity: 1 });
    expect(simulatedDays).toBe(105);
  });
});
