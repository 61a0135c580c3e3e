import { expect, it } from "vitest";
import { createTransferRate } from "./transfer-rate.ts";

it("tells the speed once there is something to tell, and follows it as it changes", () => {
  const rate = createTransferRate();
  expect(rate.report(0, 0)).toBeUndefined();
  expect(rate.report(1000, 100)).toBeUndefined();
  expect(rate.report(10_000, 1000)).toBe(10_000);
  expect(rate.report(10_000, 5000)).toBe(5000);
  let bytes = 10_000;
  let last: number | undefined;
  for (let second = 6; second < 60; second++) last = rate.report((bytes += 2000), second * 1000);
  expect(last).toBeCloseTo(2000, -1);
});
