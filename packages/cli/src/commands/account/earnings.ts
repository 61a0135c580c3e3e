import type { EarnedDay, NodeMonth } from "@commonhold/client/earnings.ts";
import type { NodeObject } from "@commonhold/client/nodes.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import { isUtcMonth } from "@commonhold/core/economics/utc-day.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { usageError } from "../../usage.ts";
import { ownNodes } from "../own-nodes.ts";

export interface EarningsOptions {
  readonly month?: string;
  readonly node?: string;
}

const DAYS: readonly TableColumn<EarnedDay>[] = [
  { title: "DAY", value: (day) => day.day },
  { title: "CREDITS", align: "right", value: (day) => day.net },
  { title: "WHY", value: (day) => day.explanation },
];

export async function showEarnings(context: CliContext, options: EarningsOptions): Promise<void> {
  const { output, signal } = context;
  const { month } = options;
  if (month !== undefined && !isUtcMonth(month)) throw usageError(`"${month}" is no month: give it like 2026-01`);
  const client = await context.openClient();
  const nodes = await ownNodes(client, options.node, signal);
  const months: EarningsOfNode[] = [];
  for (const node of nodes) {
    const request = month === undefined ? { signal } : { month, signal };
    months.push({ node, earned: await client.earnings.ofNode(node.id, request) });
  }
  if (output.json)
    return output.document({ items: months.map(({ node, earned }) => ({ node: node.name, ...earned })) });
  if (months.length === 0) return output.note("You have no nodes: commonhold node init makes one.");
  for (const line of months.flatMap(describeMonth)) output.line(line);
  if (months.length > 1) output.line(describeAll(months));
  if (months.every(({ earned }) => earned.items.length === 0)) {
    output.note("Each day is settled a few minutes after it is over, by UTC.");
  }
}

interface EarningsOfNode {
  readonly node: Pick<NodeObject, "name">;
  readonly earned: NodeMonth;
}

export function describeMonth({ node, earned }: EarningsOfNode): string[] {
  const { month, items, totals, payout, balance } = earned;
  const title = `${node.name}, ${month}`;
  const days = items.length === 0 ? [`${title}: no day is settled`] : [`${title}:`, ...formatTable(DAYS, items)];
  const penalties = BigInt(totals.uptime_penalty_microcredits) + BigInt(totals.audit_penalty_microcredits);
  const less = penalties === 0n ? "" : `, after ${formatCredits(penalties)} taken off`;
  const forfeited = balance.forfeited === "0" ? "" : `; ${balance.forfeited} forfeited`;
  return [
    ...days,
    ...(items.length === 0
      ? []
      : [`${countOf(totals.days, "day")}, ${totals.gb_days} GB-days: ${totals.net} credits${less}`]),
    ...paidOut(items.length, payout),
    `since it joined: ${balance.earned} earned, ${balance.paid} of it paid out, ${balance.pending} pending${forfeited}`,
  ];
}

function paidOut(days: number, payout: NodeMonth["payout"]): string[] {
  if (payout !== null) return [`paid out: ${payout.amount} credits, ${formatMoment(payout.paid_at)}`];
  return days === 0 ? [] : ["not paid out yet: it is when the last day of the month is settled"];
}

function describeAll(months: readonly EarningsOfNode[]): string {
  const sum = months.reduce((total, { earned }) => total + BigInt(earned.totals.net_microcredits), 0n);
  return `${months.length} nodes together: ${formatCredits(sum)} credits`;
}
