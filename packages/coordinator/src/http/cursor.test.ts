import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const invalid = expect.objectContaining({ code: "INVALID_CURSOR" });

describe("cursor", () => {
  it("gives back what it was made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer(), (text, number) => {
        expect(decodeCursor(encodeCursor("files:name", [text, number]), "files:name", ["text", "number"])).toEqual([
          text,
          number,
        ]);
      }),
    );
  });

  it("is refused by another list or order", () => {
    expect(() => decodeCursor(encodeCursor("files:name", ["a"]), "files:-name", ["text"])).toThrow(invalid);
  });

  it.each(["", "x", "!!", "bnVsbA", "e30", encodeCursor("l", []), encodeCursor("l", ["1"]), encodeCursor("l", [1, 2])])(
    "refuses %j",
    (cursor) => {
      expect(() => decodeCursor(cursor, "l", ["number"])).toThrow(invalid);
    },
  );

  it("refuses numbers that are no safe integers", () => {
    expect(() => decodeCursor(encodeCursor("l", [1.5]), "l", ["number"])).toThrow(invalid);
    expect(() => decodeCursor(encodeCursor("l", [2 ** 60]), "l", ["number"])).toThrow(invalid);
  });

  it("refuses whatever bytes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, "l", ["text"])).toThrow(invalid);
      }),
    );
  });
});
