import { expect, test } from "vitest";
import { forEachParallel } from "./parallel.ts";

test("as many run at once as allowed, never more, and all are run", async () => {
  const seen: number[] = [];
  let running = 0;
  let runningMax = 0;
  await forEachParallel([1, 2, 3, 4, 5, 6, 7], { parallelMax: 3 }, async (item) => {
    runningMax = Math.max(runningMax, ++running);
    await new Promise(setImmediate);
    running--;
    seen.push(item);
  });
  expect(runningMax).toBe(3);
  expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("the first failure stops the others and is thrown after they have ended", async () => {
  let ended = 0;
  const failing = forEachParallel([1, 2, 3, 4, 5], { parallelMax: 2 }, async (item, signal) => {
    if (item === 2) throw new Error("two");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    ended++;
  });
  await expect(failing).rejects.toThrow("two");
  expect(ended).toBe(1);
});

test("an aborted run rejects with the reason", async () => {
  const signal = AbortSignal.abort(new Error("stop"));
  const run = forEachParallel([1], { parallelMax: 2, signal }, async () => {
    throw new Error("must not run");
  });
  await expect(run).rejects.toThrow("stop");
});
