import fc from "fast-check";
import { expect, it } from "vitest";
import { exactByteSize, parseByteSize } from "./byte-size.ts";
import { fuzzRuns, parseOrRefuse } from "./testing/fuzz.ts";

const nearly = fc
  .tuple(
    fc.constantFrom("", " ", "-", "+", "0x", "1e"),
    fc.oneof(fc.nat().map(String), fc.string({ unit: fc.constantFrom(..."0123456789.".split("")), maxLength: 30 })),
    fc.constantFrom("", " ", "  ", "\t", "_"),
    fc.constantFrom("", "B", "kb", "KiB", "G", "gi", "PB", "PiB", "XB", "K", "٣"),
  )
  .map((parts) => parts.join(""));

it("any text or number is a safe whole number of bytes, or refused", async () => {
  const given = fc.oneof(nearly, nearly, fc.string({ unit: "binary" }), fc.double(), fc.integer());
  await fc.assert(
    fc.asyncProperty(given, async (size) => {
      const outcome = await parseOrRefuse(["INVALID_REQUEST"], () => parseByteSize(size));
      if (!("parsed" in outcome)) return;
      expect(Number.isSafeInteger(outcome.parsed) && outcome.parsed >= 0).toBe(true);
      expect(parseByteSize(exactByteSize(outcome.parsed)) === outcome.parsed).toBe(true);
    }),
    fuzzRuns(600),
  );
});
