import fc from "fast-check";
import { expect, it } from "vitest";
import { quickHash } from "./quick-hash.ts";

it("is 32 bytes that tell different inputs apart, however they are cut into parts", () => {
  expect(quickHash()).toHaveLength(32);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.nat(), (bytes, place, cut) => {
      const digest = quickHash(bytes);
      expect(digest).toHaveLength(32);
      const half = cut % bytes.length;
      expect(quickHash(bytes.subarray(0, half), bytes.subarray(half))).toEqual(digest);
      const other = Uint8Array.from(bytes);
      other[place % bytes.length]! ^= 1;
      expect(quickHash(other)).not.toEqual(digest);
    }),
  );
});
