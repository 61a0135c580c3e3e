import fc from "fast-check";
import { expect, it } from "vitest";
import { chunkNameOf } from "./catalog.fixture.ts";
import { SortedNames } from "./sorted-names.ts";

it("sorted names are those that were added and not deleted, in order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 3_000, size: "max" }),
      fc.nat(),
      fc.integer({ min: 0, max: 700 }),
      (seeds, deletedUpTo, limit) => {
        const sorted = new SortedNames();
        for (const seed of seeds) sorted.add(chunkNameOf(seed));
        const deleted = seeds.slice(0, deletedUpTo % (seeds.length + 1));
        for (const seed of deleted) sorted.delete(chunkNameOf(seed));
        const left = seeds.slice(deleted.length).map(chunkNameOf).toSorted();
        expect(sorted.above(undefined, 5_000)).toEqual(left);
        const after = chunkNameOf(2_500);
        expect(sorted.above(after, limit)).toEqual(left.filter((name) => name > after).slice(0, limit));
      },
    ),
    { numRuns: 30 },
  );
});
