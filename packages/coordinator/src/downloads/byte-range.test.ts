import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseByteRange } from "./byte-range.ts";

describe("parseByteRange", () => {
  it.each([
    ["bytes=0-0", 10, { start: 0, end: 0 }],
    ["bytes=0-", 10, { start: 0, end: 9 }],
    ["bytes=5-100", 10, { start: 5, end: 9 }],
    ["bytes=-3", 10, { start: 7, end: 9 }],
    ["bytes=-30", 10, { start: 0, end: 9 }],
    ["bytes=9-9", 10, { start: 9, end: 9 }],
    ["bytes=5-9223372036854775807", 10, { start: 5, end: 9 }],
    ["bytes=-9223372036854775807", 10, { start: 0, end: 9 }],
  ])("%s of %i bytes", (header, size, range) => {
    expect(parseByteRange(header, size)).toEqual(range);
  });

  it.each([undefined, "", "bytes=", "bytes=-", "bytes=5-4", "items=0-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=1e3-"])(
    "ignores %j",
    (header) => {
      expect(parseByteRange(header, 10)).toBeUndefined();
    },
  );

  it.each([
    ["bytes=10-", 10],
    ["bytes=10-11", 10],
    ["bytes=9223372036854775807-", 10],
    ["bytes=-0", 10],
    ["bytes=0-", 0],
    ["bytes=-1", 0],
  ])("%s lies behind the end of %i bytes", (header, size) => {
    expect(() => parseByteRange(header, size)).toThrow(expect.objectContaining({ code: "RANGE_NOT_SATISFIABLE" }));
  });

  it("is what a naive reading of the RFC says, whatever the header", () => {
    const number = fc.oneof(
      fc.nat({ max: 30 }).map(String),
      fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
      fc.constantFrom(
        "",
        "0",
        "00",
        "007",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9".repeat(400),
      ),
    );
    const noise = fc.constantFrom("", "", "", "", " ", ",", "-", "=", "x", "1e1", "+", ", 0-1");
    const header = fc
      .tuple(fc.constantFrom("bytes=", "bytes=", "Bytes=", "BYTES=", "items=", "bytes ="), number, noise, number, noise)
      .map(([unit, first, before, last, after]) => `${unit}${first}${before}-${last}${after}`);
    const size = fc.oneof(fc.nat({ max: 30 }), fc.constantFrom(0, 1, 2 ** 53 - 1));
    fc.assert(
      fc.property(fc.oneof(header, fc.string()), size, (text, sizeBytes) => {
        let got: unknown;
        try {
          got = parseByteRange(text, sizeBytes);
        } catch (error) {
          got = (error as { readonly code?: unknown }).code;
        }
        expect(got).toEqual(naiveRange(text, BigInt(sizeBytes)));
      }),
      { numRuns: 3000 },
    );
  });
});

/** One range of bytes (RFC 9110, 14.1.2), in exact numbers; what is anything else is ignored. */
function naiveRange(header: string, size: bigint): { start: number; end: number } | string | undefined {
  const text = header.trim().toLowerCase();
  if (!text.startsWith("bytes=")) return undefined;
  const parts = text.slice("bytes=".length).split("-");
  const [first = "", last = ""] = parts;
  if (parts.length !== 2 || !/^[0-9]*$/.test(first + last) || first + last === "") return undefined;
  const [start, end] =
    first === ""
      ? [BigInt(last) > size ? 0n : size - BigInt(last), size - 1n]
      : [BigInt(first), last === "" ? size - 1n : BigInt(last)];
  if (first !== "" && last !== "" && end < start) return undefined;
  if (start >= size || (BigInt(last || "1") === 0n && first === "")) return "RANGE_NOT_SATISFIABLE";
  return { start: Number(start), end: Number(end < size ? end : size - 1n) };
}
