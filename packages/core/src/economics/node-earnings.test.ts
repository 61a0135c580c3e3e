import { describe, expect, it } from "vitest";
import { nodeDayEarnings, type Share, sharePenalty } from "./node-earnings.ts";
import { BYTE_MS_PER_GB_MONTH, grossEarnings, ownerCharge } from "./storage-rates.ts";

const ALL: Share = { good: 1, all: 1 };
/** A day of 1 TB. */
const TB_DAY = (1000n * BYTE_MS_PER_GB_MONTH) / 30n;

describe("a day's rates", () => {
  it("are a thirtieth of the month's", () => {
    expect(ownerCharge(TB_DAY, 900_000n)).toBe(30_000_000n);
    expect(grossEarnings(TB_DAY, 600_000n)).toBe(20_000_000n);
  });

  it("round against whoever is paid: up for the owner, down for the node", () => {
    expect([ownerCharge(0n, 1n), ownerCharge(1n, 1n)]).toEqual([0n, 1n]);
    expect(ownerCharge(BYTE_MS_PER_GB_MONTH + 1n, 1n)).toBe(2n);
    expect(grossEarnings(2n * BYTE_MS_PER_GB_MONTH - 1n, 1n)).toBe(1n);
  });
});

describe("sharePenalty", () => {
  it.each([
    [{ good: 95, all: 100 }, 0n],
    [{ good: 100, all: 100 }, 0n],
    [{ good: 94, all: 100 }, 10n],
    [{ good: 50, all: 100 }, 450n],
    [{ good: 0, all: 7 }, 950n],
    [{ good: 0, all: 0 }, 0n],
    [{ good: 82_079_999, all: 86_400_000 }, 0n],
  ])("of 1000 at %j is %i", (share, expected) => {
    expect(sharePenalty(1000n, share)).toBe(expected);
  });
});

describe("nodeDayEarnings", () => {
  const of = (uptime: Share, audits: Share) => nodeDayEarnings({ byteMs: TB_DAY, rate: 600_000n, uptime, audits });

  it("are the gross less both penalties", () => {
    expect(of(ALL, ALL)).toEqual({ gross: 20_000_000n, uptimePenalty: 0n, auditPenalty: 0n, net: 20_000_000n });
    expect(of({ good: 90, all: 100 }, { good: 9, all: 12 })).toEqual({
      gross: 20_000_000n,
      uptimePenalty: 1_000_000n,
      auditPenalty: 4_000_000n,
      net: 15_000_000n,
    });
  });

  it("are never below nothing", () => {
    expect(of({ good: 10, all: 100 }, { good: 0, all: 3 }).net).toBe(0n);
  });
});
