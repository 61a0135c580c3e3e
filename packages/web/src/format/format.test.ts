import { describe, expect, it } from "vitest";
import { countOf } from "./count-of.ts";
import { exactBytes, formatBytes } from "./format-bytes.ts";
import { formatShare } from "./format-share.ts";
import { exactTime, formatDue, formatDuration, formatSilence, formatWhen, withReadableTimes } from "./format-time.ts";

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [5_368_709_120, "5.4 GB"],
    [Number.MAX_SAFE_INTEGER, "9.0 PB"],
  ])("%i is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("are exact where asked", () => {
    expect(exactBytes(1)).toBe("1 byte");
    expect(exactBytes(1_234_567)).toBe("1,234,567 bytes");
  });
});

describe("times", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  it.each([
    ["2026-03-10T11:59:30Z", "just now"],
    ["2026-03-10T12:00:30Z", "in a moment"],
    ["2026-03-10T11:57:00Z", "3 min ago"],
    ["2026-03-11T12:00:00Z", "in 1 day"],
    ["2026-03-05T12:00:00Z", "5 days ago"],
    ["2026-01-31T12:00:00Z", "Jan 31"],
    ["2024-01-31T12:00:00Z", "Jan 31, 2024"],
  ])("%s is %s", (instant, text) => expect(formatWhen(instant, now)).toBe(text));

  it.each([
    ["2026-03-10T11:59:25Z", "35 s ago"],
    ["2026-03-10T11:59:01Z", "59 s ago"],
    ["2026-03-10T11:59:00Z", "1 min ago"],
    ["2026-03-10T11:57:00Z", "3 min ago"],
    // Clocks of two machines differ.
    ["2026-03-10T12:00:01Z", "in a moment"],
  ])("%s was heard %s", (instant, text) => expect(formatSilence(instant, now)).toBe(text));

  it.each([
    ["2026-03-10T11:59:59Z", "now"],
    ["2026-03-10T12:00:00Z", "now"],
    ["2026-03-10T12:00:01Z", "in a moment"],
    ["2026-03-10T12:05:00Z", "in 5 min"],
  ])("what is to come at %s comes %s", (instant, text) => expect(formatDue(instant, now)).toBe(text));

  it("are at least a second long", () => {
    expect(formatDuration(0.2)).toBe("1 s");
    expect(formatDuration(5400)).toBe("2 h");
  });
});

it("counts", () => {
  expect(countOf(1, "file")).toBe("1 file");
  expect(countOf(1200, "copy", "copies")).toBe("1,200 copies");
});

it.each([
  [1, "100 %"],
  [0.9499, "94.9 %"],
  [0.9999, "99.9 %"],
  [0.29, "29 %"],
  [0, "0 %"],
])("%d is a share of %s", (share, text) => expect(formatShare(share)).toBe(text));

it("instants in a sentence are told as people read them", () => {
  const instant = "2026-03-04T09:30:00.000Z";
  const day = exactTime(instant).split(",")[0];
  expect(withReadableTimes(`at the earliest ${instant}`)).toMatch(new RegExp(`^at the earliest ${day}, 2026, \\d+:30`));
  expect(withReadableTimes("it passed 3 of 100")).toBe("it passed 3 of 100");
});
