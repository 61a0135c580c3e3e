import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const KINDS = ["text", "number"] as const;
const asCursor = (text: string) => Buffer.from(text, "utf8").toString("base64url");

/** Text of any kind, JSON of any kind, and true cursors with a character changed, as base64url or nearly. */
const given = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.json().map(asCursor),
  fc.array(fc.jsonValue(), { maxLength: 4 }).map((values) => asCursor(JSON.stringify(["files", ...values]))),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc.tuple(fc.string(), fc.maxSafeInteger(), fc.nat(40), fc.string({ maxLength: 1 })).map(([text, number, at, put]) => {
    const cursor = encodeCursor("files", [text, number]);
    return cursor.slice(0, at) + put + cursor.slice(at + 1);
  }),
  fc.integer({ min: 4000, max: 5000 }).map((length) => asCursor(JSON.stringify(["files", "x".repeat(length), 1]))),
);

it("whatever is given for a cursor is two values of their kinds, or refused", async () => {
  await fc.assert(
    fc.asyncProperty(given, async (cursor) => {
      const outcome = await parseOrRefuse(["INVALID_CURSOR"], () => decodeCursor(cursor, "files", KINDS));
      if (!("parsed" in outcome)) return;
      expect(outcome.parsed.map((value) => typeof value)).toEqual(["string", "number"]);
      expect(decodeCursor(encodeCursor("files", outcome.parsed), "files", KINDS)).toEqual(outcome.parsed);
    }),
    fuzzRuns(5000),
  );
});

it("a cursor gives back what it was made of", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), (text, number) => {
      fc.pre(encodeCursor("files", [text, number]).length <= 4096);
      expect(decodeCursor(encodeCursor("files", [text, number]), "files", KINDS)).toEqual([text, number + 0]);
    }),
    fuzzRuns(1000),
  );
});
