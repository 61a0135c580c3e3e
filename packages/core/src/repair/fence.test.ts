import fc from "fast-check";
import { expect, it } from "vitest";
import { mayDelete } from "./fence.ts";

it.each([
  [undefined, 0, true],
  [undefined, 7, true],
  [6, 7, true],
  [7, 7, false],
  [8, 7, false],
])("stored under %s, deleted under %d: %s", (stored, deletion, expected) => {
  expect(mayDelete(stored, deletion)).toBe(expected);
});

/** As the coordinator does it: stores carry the current epoch, each deletion a new one. */
it("takes away what was stored before a deletion was asked for, and nothing else, in whatever order both arrive", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("store", "delete"), { maxLength: 12 }), fc.gen(), (requests, choose) => {
      let current = 0;
      const sent = requests.map((kind, askedAs) => ({ kind, askedAs, epoch: kind === "delete" ? ++current : current }));
      let held: { epoch: number; askedAs: number } | undefined;
      for (const { kind, askedAs, epoch } of choose(fc.shuffledSubarray, sent, { minLength: sent.length })) {
        if (kind === "store") held = { epoch, askedAs };
        else if (held !== undefined) {
          expect(mayDelete(held.epoch, epoch)).toBe(held.askedAs < askedAs);
          if (mayDelete(held.epoch, epoch)) held = undefined;
        }
      }
    }),
  );
});
