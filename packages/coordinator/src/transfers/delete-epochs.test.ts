import { expect, it } from "vitest";
import { openDeleteEpochs } from "./delete-epochs.ts";

const NOW_MS = 1_790_000_000_500;
const clock = { nowMs: () => NOW_MS };

it("go on from the highest of any deletion", async () => {
  const epochs = await openDeleteEpochs({ highestEpoch: async () => 1_900_000_000 }, clock);
  expect([epochs.current(), epochs.next(), epochs.current()]).toEqual([1_900_000_000, 1_900_000_001, 1_900_000_001]);
});

it("begin beyond those that nodes may remember of a catalog that was lost", async () => {
  const epochs = await openDeleteEpochs({ highestEpoch: async () => 7 }, clock);
  expect(epochs.next()).toBe(1_790_000_001);
});
