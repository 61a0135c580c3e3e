import { describe, expect, it } from "vitest";
import { type Earnings, earningsByDay, reasonsOf, uptimeByDay } from "./earned-days.ts";

const DAY = {
  day: "2026-02-10",
  uptime: 0.9,
  audits_passed_share: 0.8,
  net: "1.44",
  gross_microcredits: "1800000",
  net_microcredits: "1440000",
  uptime_penalty: "0.09",
  uptime_penalty_microcredits: "90000",
  audit_penalty: "0.27",
  audit_penalty_microcredits: "270000",
};

function monthWith(...items: readonly object[]): Earnings {
  return { month: "2026-02", items } as unknown as Earnings;
}

const only = (earnings: Earnings) => monthOf(earnings)[9];
const monthOf = (earnings: Earnings) => earningsByDay(earnings).map(({ parts }) => parts);

describe("earnings by day", () => {
  it("have a place for every day of the month, also for what is not reckoned yet", () => {
    const days = earningsByDay(monthWith(DAY));
    expect(days.map(({ day }) => day)).toEqual(
      Array.from({ length: 28 }, (_, index) => `2026-02-${String(index + 1).padStart(2, "0")}`),
    );
    expect(days.filter(({ parts }) => parts !== undefined)).toEqual([
      {
        day: "2026-02-10",
        parts: [1.44, 0.09, 0.27],
        title:
          "Feb 10: 1.44 credits\n−0.09 as it was here 90 % of the time, less than 95 %\n−0.27 as it passed 80 % of its checks, less than 95 %",
      },
    ]);
  });

  it("never show more taken than there was to take", () => {
    const none = { ...DAY, net: "0", net_microcredits: "0", uptime_penalty_microcredits: "1710000" };
    expect(only(monthWith(none))).toEqual([0, 1.71, 0.09]);
    expect(only(monthWith({ ...none, uptime_penalty_microcredits: "1900000" }))).toEqual([0, 1.8, 0]);
  });
});

describe("the share of each day in which the node was there", () => {
  it("is known where somebody watched", () => {
    const unseen = { ...DAY, day: "2026-02-11", uptime: null };
    expect(uptimeByDay(monthWith(DAY, unseen)).slice(8, 11)).toEqual([
      { day: "2026-02-09", parts: undefined, title: "" },
      { day: "2026-02-10", parts: [0.9], title: "Feb 10: here 90 % of the time" },
      { day: "2026-02-11", parts: undefined, title: "" },
    ]);
  });
});

describe("reasons", () => {
  const reasons = (fields: object) => reasonsOf(monthWith({ ...DAY, ...fields }).items[0]!);

  it("are given for whatever was taken off, and for nothing else", () => {
    expect(reasons({ uptime_penalty_microcredits: "0" })).toEqual([
      "−0.27 as it passed 80 % of its checks, less than 95 %",
    ]);
    expect(reasons({ uptime_penalty_microcredits: "0", audit_penalty_microcredits: "0" })).toEqual([]);
  });

  it("never round a share up to what would have been enough", () => {
    expect(reasons({ uptime: 0.9499 })[0]).toContain("94.9 %");
  });
});
