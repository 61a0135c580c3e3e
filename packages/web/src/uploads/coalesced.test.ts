import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coalesced } from "./coalesced.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("runs at once, then once for all that came meanwhile, then at once again", () => {
  let runs = 0;
  const call = coalesced(() => runs++, 100);
  for (let calls = 0; calls < 1000; calls++) call();
  expect(runs).toBe(1);
  vi.advanceTimersByTime(100);
  expect(runs).toBe(2);
  vi.advanceTimersByTime(1000);
  expect(runs).toBe(2);
  call();
  expect(runs).toBe(3);
});
