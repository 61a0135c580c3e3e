import { expect, it } from "vitest";
import { dayText, monthText } from "./format-time.ts";
import { daysOfMonth, daysUntil, monthAfter, monthOf } from "./utc-days.ts";

it("months follow each other over the years", () => {
  expect(monthOf(Date.parse("2026-01-31T23:59:59.999Z"))).toBe("2026-01");
  expect(monthAfter("2025-12", 1)).toBe("2026-01");
  expect(monthAfter("2026-01", -1)).toBe("2025-12");
  expect(monthAfter("2026-03", -24)).toBe("2024-03");
});

it("months have their days", () => {
  expect(daysOfMonth("2024-02")).toHaveLength(29);
  expect(daysOfMonth("2026-12").slice(-2)).toEqual(["2026-12-30", "2026-12-31"]);
});

it("last days end with the one that is given", () => {
  expect(daysUntil("2026-03-01", 3)).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
});

it("days and months are said as they are by UTC, wherever the reader is", () => {
  expect([dayText("2026-01-31"), monthText("2026-01")]).toEqual(["Jan 31", "January 2026"]);
});
