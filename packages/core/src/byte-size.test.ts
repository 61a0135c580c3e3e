import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "./app-error.ts";
import { exactByteSize, formatByteSize, parseByteSize } from "./byte-size.ts";

describe("parseByteSize", () => {
  it.each([
    ["0", 0],
    ["4096", 4096],
    ["10GB", 10_000_000_000],
    ["10 gb", 10_000_000_000],
    [" 512MiB ", 536_870_912],
    ["1.5TiB", 1_649_267_441_664],
    ["1.1KiB", 1126],
    ["7B", 7],
    [123, 123],
  ])("reads %j as %d", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(["", "GB", "-1", "1e9", "10 G B", "10XB", "1,5GB", "9999999999PB", "0x10", -1, 1.5, Number.NaN, 2 ** 60])(
    "refuses %j",
    (text) => {
      expect(() => parseByteSize(text)).toThrow(AppError);
    },
  );

  it("asks which unit was meant by 10G", () => {
    expect(() => parseByteSize("10G")).toThrow('write "10GB" (counted by 1000) or "10GiB" (by 1024)');
    expect(() => parseByteSize("1.5gi")).toThrow('"1.5GiB"');
  });
});

describe("exactByteSize", () => {
  it.each([
    [0, "0"],
    [1001, "1001"],
    [10_000_000_000, "10GB"],
    [536_870_912, "512MiB"],
    [1_500_000_000, "1500MB"],
  ])("writes %d as %s", (bytes, text) => {
    expect(exactByteSize(bytes)).toBe(text);
  });

  it("is read back exactly", () => {
    const unit = fc.constantFrom(1, 1000, 1024, 1024 ** 2, 1000 ** 3, 1024 ** 3);
    const size = fc.tuple(fc.nat(2 ** 21), unit).map(([count, bytes]) => count * bytes);
    fc.assert(fc.property(fc.oneof(size, fc.maxSafeNat()), (bytes) => parseByteSize(exactByteSize(bytes)) === bytes));
  });
});

describe("formatByteSize", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1_550_000_000, "1.6 GB"],
    [999_999, "1 MB"],
    [4_000_000_000_000, "4 TB"],
  ])("shows %d as %s", (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text);
  });

  it("is never off by more than a twentieth", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(Math.abs(parseByteSize(formatByteSize(bytes)) - bytes)).toBeLessThanOrEqual(bytes / 20);
      }),
    );
  });
});
