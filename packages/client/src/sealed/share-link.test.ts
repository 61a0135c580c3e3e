import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatShareLink, parseShareLink } from "./share-link.ts";

const TOKEN = "abcdefghijklmnopqrstuvwx";
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("a link", () => {
  it("is read as it was written, with any key", () => {
    fc.assert(
      fc.property(fc.option(key, { nil: undefined }), fc.constantFrom("", "/storage", "/a/shared"), (bytes, path) => {
        const link = {
          baseUrl: `https://example.org${path}`,
          token: TOKEN,
          ...(bytes === undefined ? {} : { key: bytes }),
        };
        expect(parseShareLink(formatShareLink(link))).toEqual(link);
      }),
    );
  });

  it("carries its key where no server sees it", () => {
    const text = formatShareLink({ baseUrl: "http://h:8080", token: TOKEN, key: new Uint8Array(32).fill(255) });
    expect(text).toBe(`http://h:8080/shared/${TOKEN}#${"_".repeat(42)}8`);
    expect(new URL(text).href.replace(new URL(text).hash, "")).toBe(`http://h:8080/shared/${TOKEN}`);
  });

  it.each([
    "",
    "x",
    "http://h/shared/",
    "http://h/shared/short",
    `http://h/${TOKEN}`,
    `ftp://h/shared/${TOKEN}`,
    `javascript://h/shared/${TOKEN}`,
    `http://h/shared/${TOKEN}/more`,
    `http://h/shared/${TOKEN}#short`,
    `http://h/shared/${TOKEN}#${"A".repeat(44)}`,
    `http://h/shared/${TOKEN}#${"!".repeat(43)}`,
    `http://user:word@h/shared/${TOKEN}`,
  ])("is refused where it is none, without telling it: %s", (text) => {
    expect(() => parseShareLink(text)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(() => parseShareLink(text)).not.toThrow(TOKEN);
  });
});
