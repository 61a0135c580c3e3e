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

  it("never leaves the file, whatever the header", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
        ),
        fc.nat(),
        (header, size) => {
          let range: ReturnType<typeof parseByteRange>;
          try {
            range = parseByteRange(header, size);
          } catch {
            return;
          }
          if (range !== undefined) {
            expect(range.start).toBeGreaterThanOrEqual(0);
            expect(range.end).toBeGreaterThanOrEqual(range.start);
            expect(range.end).toBeLessThan(size);
          }
        },
      ),
    );
  });
});
