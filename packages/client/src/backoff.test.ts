import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffDelayMs, sleep } from "./backoff.ts";

test("the wait lies between half and the whole of a doubling ceiling, and never above the limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, chance) => {
        const random = { bytes: () => new Uint8Array(), fraction: () => chance };
        const delayMs = backoffDelayMs(failures, { baseMs: 100, maxMs: 5_000 }, random);
        const ceiling = Math.min(5_000, 100 * 2 ** (failures - 1));
        expect(delayMs).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delayMs).toBeLessThanOrEqual(ceiling);
      },
    ),
  );
});

test("a sleep ends with the signal's reason", async () => {
  const stop = new AbortController();
  const slept = sleep(3_600_000, stop.signal);
  stop.abort(new Error("woken"));
  await expect(slept).rejects.toThrow("woken");
  await expect(sleep(3_600_000, stop.signal)).rejects.toThrow("woken");
});
