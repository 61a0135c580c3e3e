import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSON_DEPTH_MAX, locateJsonMistake, parseJsonText } from "./json-text.ts";

describe("parseJsonText", () => {
  it("reads every JSON value that has no refused key", () => {
    const harmless = fc
      .jsonValue({ maxDepth: 5 })
      .filter((value) => !/__proto__|constructor/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(harmless, (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonText(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ["", 0],
    ["{", 1],
    ["[1,", 3],
    ['{"a":1,}', 7],
    ["{a:1}", 1],
    ["{'a':1}", 1],
    ['{"a" 1}', 5],
    ["[1 2]", 3],
    ["[1]]", 3],
    ["nul", 0],
    ["01", 1],
    ['"a\nb"', 0],
    ['{"a":[1,2}', 9],
    ['\n\n  {"a": x}', 10],
  ])("names the position of the mistake in %j", (text, position) => {
    expect(() => parseJsonText(text)).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST", details: expect.objectContaining({ position }) }),
    );
  });

  it("counts lines and columns from one", () => {
    expect(() => parseJsonText('{\n  "a": x\n}')).toThrow(/line 2, column 8/);
  });

  it("never repeats what was sent, which may be a password", () => {
    expect(() => parseJsonText('{"password":"hunter2hunter2" x')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });

  it.each(['{"__proto__":{"role":"admin"}}', '{"a":[{"constructor":{"prototype":{}}}]}'])("refuses %s", (text) => {
    expect(() => parseJsonText(text)).toThrow(/may not have a key/);
  });

  it("refuses deep nesting, as deep as a body can make it", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(parseJsonText(nested(JSON_DEPTH_MAX))).toBeInstanceOf(Array);
    expect(() => parseJsonText(nested(JSON_DEPTH_MAX + 1))).toThrow(/nested deeper/);
    expect(() => parseJsonText(nested(30_000))).toThrow(/nested deeper/);
  });
});

describe("parseJsonText of hostile shapes", () => {
  it.each([
    ['{"a":{"b":[{"__proto__":1}]}}', "__proto__"],
    ['{"\\u005f_proto__":1}', "__proto__"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['[[{"constructor":{"prototype":{"isAdmin":true}}}]]', "constructor"],
  ])("refuses %s", (text, key) => {
    expect(() => parseJsonText(text)).toThrow(`"${key}"`);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it("takes a prototype's name as a value, and the last of two equal keys", () => {
    expect(parseJsonText('{"a":"__proto__","b":1,"b":2}')).toEqual({ a: "__proto__", b: 2 });
  });

  it.each([
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"a":', "}]"],
  ])("refuses %s nested a million times", (open, close) => {
    const text = `${open.repeat(1_000_000)}0${close.repeat(1_000_000)}`;
    expect(() => parseJsonText(text)).toThrow(/nested deeper/);
  });

  it("takes a million values beside each other", () => {
    expect(parseJsonText(`[${"0,".repeat(1_000_000)}0]`)).toHaveLength(1_000_001);
  });
});

describe("locateJsonMistake", () => {
  it("agrees with JSON.parse on what is valid, for texts cut or altered anywhere", () => {
    const altered = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", "{", "}", "]", ",", ":", '"', "x", "\\", "0"))
      .map(([text, at, inserted]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + inserted + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(altered, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const position = locateJsonMistake(text);
        if (valid) expect(position).toBe(text.length);
        expect(position).toBeLessThanOrEqual(text.length);
        expect(position).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
