import { AUDIT_OUTCOMES } from "@commonhold/core/audit/audit-outcome.ts";
import { nodeDayEarnings } from "@commonhold/core/economics/node-earnings.ts";
import { describe, expect, it } from "vitest";
import { type AuditCounts, auditShareOf } from "./audit-share.ts";

const counts = (some: Partial<AuditCounts>) =>
  ({ ...Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [`audits_${outcome}`, 0])), ...some }) as AuditCounts;
const DAY_MS = 86_400_000;
const earned = (some: Partial<AuditCounts>) =>
  nodeDayEarnings({
    byteMs: 10n ** 9n * BigInt(DAY_MS) * 30n,
    rate: 1_000_000n,
    uptime: { good: DAY_MS, all: DAY_MS },
    audits: auditShareOf(counts(some)),
  });

describe("the audits of a day, for pay", () => {
  it("are all but those that did not reach the node, where some did", () => {
    expect(auditShareOf(counts({ audits_passed: 18, audits_lost: 1, audits_late: 1, audits_offline: 7 }))).toEqual({
      good: 18,
      all: 20,
    });
  });

  it("are none where nothing was asked, which costs nothing", () => {
    expect(auditShareOf(counts({}))).toEqual({ good: 0, all: 0 });
    expect(earned({}).net).toBe(1_000_000n);
  });

  it("are not passed where none reached a node that sends its heartbeats: these alone are not paid", () => {
    expect(auditShareOf(counts({ audits_offline: 6 }))).toEqual({ good: 0, all: 6 });
    expect(earned({ audits_offline: 6 })).toMatchObject({ auditPenalty: 950_000n, net: 50_000n });
    expect(earned({ audits_offline: 6, audits_passed: 1 }).net).toBe(1_000_000n);
  });
});
