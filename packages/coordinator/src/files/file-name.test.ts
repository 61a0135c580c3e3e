import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseFileName } from "./file-name.ts";

describe("normaliseFileName", () => {
  it.each(["a", "notes/linear algebra.pdf", "Übung 3.txt", "資料.docx", "ملف.txt", "a.b.c", "x".repeat(255)])(
    "keeps %j",
    (name) => {
      expect(normaliseFileName(name)).toBe(name.normalize("NFC"));
    },
  );

  it("makes equal what looks equal", () => {
    expect(normaliseFileName("Übung")).toBe(normaliseFileName("U\u0308bung"));
  });

  it.each([
    ["", /empty/],
    ["   ", /empty/],
    ["a/ /b", /only spaces/],
    ["/etc/passwd", /begins with/],
    ["a//b", /empty part/],
    ["a/", /empty part/],
    ["..", /"\.\."/],
    ["a/../b", /"\.\."/],
    ["./a", /"\."/],
    ["a\nb", /U\+000A/],
    ["a\u0000b", /U\+0000/],
    ["report\u202egpj.exe", /U\+202E/],
    ["\ud800", /Unicode/],
    ["x".repeat(256), /255 bytes/],
    [Array(300).fill("abcd").join("/"), /1024 bytes/],
  ])("refuses %j", (name, problem) => {
    expect(() => normaliseFileName(name)).toThrow(problem);
  });

  it("gives names that stand", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        let name: string;
        try {
          name = normaliseFileName(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_REQUEST" });
          return;
        }
        expect(normaliseFileName(name)).toBe(name);
      }),
    );
  });
});
