import { formatCredits } from "@commonhold/core/credits.ts";
import type { Share } from "@commonhold/core/economics/node-earnings.ts";
import type { EarnedDay } from "./earnings-history.ts";
import { gbDaysText } from "./gb-days.ts";

/** Says in words how a day's earnings come about. */
export function explainDay(day: EarnedDay): string {
  const { gross, uptime, audits, uptimePenalty, auditPenalty, net } = day;
  const rate = formatCredits(day.rate);
  const parts = [
    `${gbDaysText(day.byteMs)} GB-days × ${rate} credits ÷ 30 = ${formatCredits(gross)}`,
    uptime.all === 0 ? "not observed" : `online ${percentText(uptime)} of the time observed`,
    audits.all === 0 ? "no audits" : `${audits.good} of ${audits.all} audits passed`,
  ];
  if (uptimePenalty > 0n) parts.push(`−${formatCredits(uptimePenalty)} as ${percentText(uptime)} online is below 95 %`);
  if (auditPenalty > 0n) {
    parts.push(`−${formatCredits(auditPenalty)} as ${percentText(audits)} of audits passed is below 95 %`);
  }
  return `${parts.join("; ")}: ${formatCredits(net)} credits`;
}

/** Two decimals, rounded down, so that what is below 95 % never shows as 95. */
function percentText({ good, all }: Share): string {
  const hundredths = (BigInt(good) * 10_000n) / BigInt(all);
  return `${formatCredits(hundredths * 10_000n)} %`;
}
