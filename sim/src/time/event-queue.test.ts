import fc from "fast-check";
import { expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

it("gives events out by time, then in the order in which they came", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(20), fc.constant("take" as const))), (steps) => {
      const queue = new EventQueue();
      const model: { atMs: number; sequence: number }[] = [];
      let sequence = 0;
      const first = () => model.toSorted((a, b) => a.atMs - b.atMs || a.sequence - b.sequence)[0];
      for (const step of steps) {
        if (step === "take") {
          const expected = first();
          expect(queue.takeUntil(100)?.sequence).toBe(expected?.sequence);
          if (expected !== undefined) model.splice(model.indexOf(expected), 1);
        } else {
          queue.add(step, () => undefined);
          model.push({ atMs: step, sequence: sequence++ });
        }
        expect(queue.size).toBe(model.length);
      }
    }),
  );
});

it("keeps what is due later", () => {
  const queue = new EventQueue();
  queue.add(5, () => undefined);
  expect(queue.takeUntil(4)).toBeUndefined();
  expect(queue.takeUntil(5)?.atMs).toBe(5);
});
