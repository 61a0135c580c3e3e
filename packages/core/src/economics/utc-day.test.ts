import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monthBefore, isUtcMonth, nextUtcDay, utcDayInterval, utcDayOf, utcDayStartMs } from "./utc-day.ts";

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe("UTC days", () => {
  it("are those of the calendar", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_MS }), (atMs) => {
        const day = new Date(atMs).toISOString().slice(0, 10);
        expect(utcDayOf(atMs)).toBe(day);
        expect(utcDayStartMs(day)).toBe(Date.parse(`${day}T00:00:00Z`));
      }),
      { numRuns: 2000 },
    );
  });

  it("begin and end at midnight", () => {
    const { fromMs, toMs } = utcDayInterval("2024-02-29");
    expect([utcDayOf(fromMs - 1), utcDayOf(fromMs), utcDayOf(toMs - 1), utcDayOf(toMs)]).toEqual([
      "2024-02-28",
      "2024-02-29",
      "2024-02-29",
      "2024-03-01",
    ]);
    expect(nextUtcDay("2026-12-31")).toBe("2027-01-01");
  });

  it.each(["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-00", "", "today", "2026-01-01T00:00"])(
    "%j is none",
    (text) => {
      expect(() => utcDayStartMs(text)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    },
  );

  it("know their months", () => {
    expect(monthBefore("2026-03-31")).toBe("2026-02");
    expect(monthBefore("2026-01-01")).toBe("2025-12");
    expect(["2026-01", "2026-12", "2026-13", "2026-00", "2026-1", "26-01"].map(isUtcMonth)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
