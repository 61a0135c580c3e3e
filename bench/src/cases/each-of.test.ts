import { expect, test } from "vitest";
import { eachOf } from "./each-of.ts";

test("results stand in the order of the items, and no more than so many are under way", async () => {
  let underWay = 0;
  let most = 0;
  const results = await eachOf([5, 3, 1, 4, 2], 2, async (item) => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    underWay--;
    return item * 10;
  });
  expect(results).toEqual([50, 30, 10, 40, 20]);
  expect(most).toBe(2);
});

test("a failure is told, and nothing is nothing", async () => {
  await expect(eachOf([1], 4, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await eachOf([], 4, () => Promise.resolve(1))).toEqual([]);
});
