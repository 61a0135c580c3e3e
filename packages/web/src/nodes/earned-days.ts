import type { Answer } from "../api/api.ts";
import { formatShare } from "../format/format-share.ts";
import { dayText } from "../format/format-time.ts";
import { daysOfMonth } from "../format/utc-days.ts";
import { earningsTexts, uptimeTexts } from "../texts/nodes-texts.ts";
import type { ChartDay } from "../ui/day-chart.tsx";

export type Earnings = Answer<"GET /api/v1/nodes/{id}/earnings">;
export type EarnedDay = Earnings["items"][number];

/** Credits for every day of the month: what was earned, what absence took, what failed checks took. */
export function earningsByDay(earnings: Earnings): readonly ChartDay[] {
  return byDay(earnings, (item) => {
    const [gross, net, absence] = [
      item.gross_microcredits,
      item.net_microcredits,
      item.uptime_penalty_microcredits,
    ].map(BigInt) as [bigint, bigint, bigint];
    // Both together may come to more than there was to take.
    const taken = gross - net;
    const forAbsence = absence < taken ? absence : taken;
    return {
      // For the eye: whatever is reckoned is reckoned in whole millionths.
      parts: [net, forAbsence, taken - forAbsence].map((amount) => Number(amount) / 1e6),
      title: [`${dayText(item.day)}: ${earningsTexts.credits(item.net)}`, ...reasonsOf(item)].join("\n"),
    };
  });
}

/** The share of every day of the month in which the node was there. */
export function uptimeByDay(earnings: Earnings): readonly ChartDay[] {
  return byDay(earnings, ({ day, uptime }) =>
    uptime === null ? undefined : { parts: [uptime], title: uptimeTexts.day(dayText(day), formatShare(uptime)) },
  );
}

/** Why less was paid for a day than was kept in it. */
export function reasonsOf(day: EarnedDay): readonly string[] {
  const { uptime, audits_passed_share: passed } = day;
  const reasons: string[] = [];
  if (day.uptime_penalty_microcredits !== "0" && uptime !== null) {
    reasons.push(earningsTexts.forAbsence(day.uptime_penalty, formatShare(uptime)));
  }
  if (day.audit_penalty_microcredits !== "0" && passed !== null) {
    reasons.push(earningsTexts.forChecks(day.audit_penalty, formatShare(passed)));
  }
  return reasons;
}

function byDay(
  { month, items }: Earnings,
  show: (item: EarnedDay) => Omit<ChartDay, "day"> | undefined,
): readonly ChartDay[] {
  const known = new Map(items.map((item) => [item.day, item]));
  return daysOfMonth(month).map((day) => {
    const item = known.get(day);
    return { day, parts: undefined, title: "", ...(item === undefined ? undefined : show(item)) };
  });
}
