import { AUDIT_OUTCOMES } from "@commonhold/core/audit/audit-outcome.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { Share } from "@commonhold/core/economics/node-earnings.ts";
import Type, { type Static } from "typebox";
import type { NodeEarnings } from "../credits/credit-balance.ts";
import { CreditsText, Instant, instantText, MicroCreditsText } from "../http/route-schema.ts";
import type { AuditCounts } from "./audit-share.ts";
import type { EarnedDay, EarnedMonth } from "./earnings-history.ts";
import { explainDay } from "./explain-day.ts";
import { gbDaysText } from "./gb-days.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const ShareNumber = (description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], { description });

export const EarningsQuery = Type.Object({
  month: Type.Optional(
    Type.String({ maxLength: 7, description: "By UTC; the one under way where none is given.", examples: ["2026-01"] }),
  ),
});

const amounts = {
  gross: CreditsText("GB-days × rate ÷ 30, rounded down to a millionth."),
  uptime_penalty: CreditsText("Gross × what uptime lacks to 95 %."),
  audit_penalty: CreditsText("Gross × what audits passed lack to 95 %."),
  net: CreditsText("Gross less both, never below nothing."),
  gross_microcredits: MicroCreditsText("The same in millionths."),
  uptime_penalty_microcredits: MicroCreditsText("The same in millionths."),
  audit_penalty_microcredits: MicroCreditsText("The same in millionths."),
  net_microcredits: MicroCreditsText("The same in millionths."),
};
const GbDays = Type.String({ description: "GB (10⁹ bytes) kept for a day, rounded down.", examples: ["120.5"] });

const EarnedDaySchema = Type.Object({
  day: Type.String({ examples: ["2026-01-31"] }),
  explanation: Type.String({ description: "How the day's earnings come about, in words." }),
  byte_ms: Type.String({ description: "Bytes times milliseconds that count, exactly." }),
  gb_days: GbDays,
  rate: CreditsText("For a GB and month."),
  observed_ms: Count("Milliseconds of the day in which the node was a member and a coordinator watched."),
  online_ms: Count("Of these, those in which the node was there."),
  uptime: ShareNumber("The share of these; null where nothing was observed."),
  audits: Type.Object(Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [outcome, Count(`Copies: ${outcome}.`)]))),
  audits_counted: Count("Those that count for pay: all but offline, and offline where there are no others."),
  audits_passed_share: ShareNumber("Passed of counted; null where there are none."),
  ...amounts,
  settled_at: Instant("When it was booked."),
});

export const EarningsSchema = Type.Object(
  {
    node_id: Type.String(),
    month: Type.String({ examples: ["2026-01"] }),
    items: Type.Array(EarnedDaySchema, { description: "Settled days, in their order." }),
    totals: Type.Object({ days: Count("Settled days."), gb_days: GbDays, ...amounts }),
    payout: Type.Union(
      [
        Type.Object({
          amount: CreditsText("What its operator got for the month."),
          amount_microcredits: MicroCreditsText("The same in millionths."),
          paid_at: Instant("When."),
        }),
        Type.Null(),
      ],
      { description: "null while the month is not paid out." },
    ),
    balance: Type.Object({
      earned: CreditsText("On all settled days."),
      pending: CreditsText("Of that, what is paid out when its month is over."),
      paid: CreditsText("Of that, what was paid out."),
      forfeited: CreditsText("Beside that, what was lost when the node was disqualified."),
    }),
  },
  { description: "A node's month." },
);

export interface NodeMonth {
  readonly nodeId: string;
  readonly month: string;
  readonly earned: EarnedMonth;
  readonly balance: NodeEarnings;
  readonly forfeited: bigint;
}

export function earningsView({ nodeId, month, earned, balance, forfeited }: NodeMonth): Static<typeof EarningsSchema> {
  const { days, payout } = earned;
  return {
    node_id: nodeId,
    month,
    items: days.map(dayView),
    totals: {
      days: days.length,
      gb_days: gbDaysText(days.reduce((sum, day) => sum + day.byteMs, 0n)),
      ...amountsView({
        gross: total(days, "gross"),
        uptimePenalty: total(days, "uptimePenalty"),
        auditPenalty: total(days, "auditPenalty"),
        net: total(days, "net"),
      }),
    },
    payout:
      payout === undefined
        ? null
        : {
            amount: formatCredits(payout.amount),
            amount_microcredits: payout.amount.toString(),
            paid_at: instantText(payout.paidAtMs),
          },
    balance: {
      earned: formatCredits(balance.earned),
      pending: formatCredits(balance.pending),
      paid: formatCredits(balance.paid),
      forfeited: formatCredits(forfeited),
    },
  };
}

type Amounts = Pick<EarnedDay, "gross" | "uptimePenalty" | "auditPenalty" | "net">;

function total(days: readonly Amounts[], name: keyof Amounts): bigint {
  return days.reduce((sum, day) => sum + day[name], 0n);
}

function dayView(day: EarnedDay): Static<typeof EarnedDaySchema> {
  return {
    day: day.day,
    explanation: explainDay(day),
    byte_ms: day.byteMs.toString(),
    gb_days: gbDaysText(day.byteMs),
    rate: formatCredits(day.rate),
    observed_ms: day.uptime.all,
    online_ms: day.uptime.good,
    uptime: shareNumber(day.uptime),
    audits: countsView(day.counts),
    audits_counted: day.audits.all,
    audits_passed_share: shareNumber(day.audits),
    ...amountsView(day),
    settled_at: instantText(day.settledAtMs),
  };
}

function amountsView({ gross, uptimePenalty, auditPenalty, net }: Amounts) {
  return {
    gross: formatCredits(gross),
    uptime_penalty: formatCredits(uptimePenalty),
    audit_penalty: formatCredits(auditPenalty),
    net: formatCredits(net),
    gross_microcredits: gross.toString(),
    uptime_penalty_microcredits: uptimePenalty.toString(),
    audit_penalty_microcredits: auditPenalty.toString(),
    net_microcredits: net.toString(),
  };
}

function countsView(counts: AuditCounts): Record<string, number> {
  return Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [outcome, counts[`audits_${outcome}`]]));
}

/** Four decimals, for people and charts: money is reckoned from the numbers themselves. */
function shareNumber({ good, all }: Share): number | null {
  return all === 0 ? null : Math.floor((good / all) * 10_000) / 10_000;
}
