import { expect, it } from "vitest";
import { decodeText } from "./decode-text.ts";

const bufferOf = (bytes: Iterable<number>) => new Uint8Array(bytes).buffer;
const utf16 = (text: string, isLittle: boolean) =>
  [...`\uFEFF${text}`].flatMap((letter) => {
    const code = letter.charCodeAt(0);
    return isLittle ? [code & 0xff, code >> 8] : [code >> 8, code & 0xff];
  });

it.each([
  ["UTF-8", new TextEncoder().encode("Größe ✓ 🌍")],
  ["UTF-8 with a mark", [0xef, 0xbb, 0xbf, ...new TextEncoder().encode("Größe ✓ 🌍")]],
])("reads %s", (_name, bytes) => expect(decodeText(bufferOf(bytes))).toBe("Größe ✓ 🌍"));

it.each([
  ["UTF-16, as Windows saves it", utf16("Größe ✓", true)],
  ["UTF-16, the other way round", utf16("Größe ✓", false)],
])("reads %s", (_name, bytes) => expect(decodeText(bufferOf(bytes))).toBe("Größe ✓"));

it("reads what older programs wrote", () => {
  expect(decodeText(bufferOf([0x47, 0x72, 0xf6, 0xdf, 0x65, 0x20, 0x80]))).toBe("Größe €");
});

it("leaves out a letter of which only a part was read", () => {
  const bytes = new TextEncoder().encode("halb ✓");
  for (const cut of [1, 2]) expect(decodeText(bufferOf(bytes.slice(0, -cut)))).toBe("halb ");
  expect(decodeText(bufferOf([]))).toBe("");
});
