import { setTimeout as delay } from "node:timers/promises";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { ChargedDay, CreditLine, CreditStanding, Purchase } from "@commonhold/client/credits.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatFacts, formatTable, type TableColumn } from "../../output/output.ts";
import { usageError } from "../../usage.ts";
import { waitForPayment } from "./wait-for-payment.ts";

const HISTORY: readonly TableColumn<CreditLine>[] = [
  { title: "WHEN", value: (line) => formatMoment(line.created_at) },
  {
    title: "CREDITS",
    align: "right",
    value: (line) => (line.amount.startsWith("-") ? line.amount : `+${line.amount}`),
  },
  { title: "KIND", value: (line) => line.kind },
  { title: "WHAT FOR", value: (line) => line.description },
];

const DAYS: readonly TableColumn<ChargedDay>[] = [
  { title: "DAY", value: (day) => day.day },
  { title: "GB-DAYS", align: "right", value: (day) => day.gb_days },
  { title: "PRICE", align: "right", value: (day) => day.price },
  { title: "CHARGED", align: "right", value: (day) => day.charged },
];

export async function showCredits(context: CliContext): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const standing = await client.credits.standing(signal);
  if (output.json) return output.document(standing);
  for (const line of formatFacts(standingFacts(standing))) output.line(line);
  if (standing.notice !== null) output.line(standing.notice);
}

const STATES: Readonly<Record<string, string>> = {
  ok: "all is well",
  low: "low: less than a week is left",
  in_grace: "in debt: all goes on for a while",
  stopped: "in debt: new uploads are refused",
};

function standingFacts(standing: CreditStanding): (readonly [string, string])[] {
  const { last_day: lastDay, lasts_until: lastsUntil, uploads_stop_at: stopAt } = standing;
  const facts: (readonly [string, string])[] = [
    ["State", STATES[standing.state] ?? standing.state],
    ["Available", standing.available],
    ["Reserved", `${standing.reserved}, for uploads under way`],
    ["Prepaid", `${standing.prepaid}, for what is stored`],
    ["Debt", standing.debt],
    [
      "Last day",
      lastDay === null
        ? "nothing was charged"
        : `${lastDay.charged} for ${lastDay.gb_days} GB-days on ${lastDay.day} (UTC)`,
    ],
    ["Lasts until", lastsUntil === null ? "not known before a day was charged" : formatMoment(lastsUntil)],
  ];
  if (stopAt !== null) facts.push(["Uploads stop", formatMoment(stopAt)]);
  return facts;
}

export async function buyCredits(
  context: CliContext,
  amountUsd: string,
  options: { readonly wait: boolean },
): Promise<void> {
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(amountUsd) || Number(amountUsd) === 0) {
    throw usageError(`"${amountUsd}" is no amount in US dollars: give it like 10 or 2.50`);
  }
  const client = await context.openClient();
  const bought = await client.credits.buy(amountUsd, { signal: context.signal });
  if (context.output.json) return context.output.document(bought);
  if (bought.status !== "pending") return showBought(context, bought, bought.balance.available);
  await finishPayment(context, { client, bought, wait: options.wait });
}

function showBought({ output }: CliContext, bought: Purchase, available: string): void {
  output.line(`bought ${bought.credits} credits for ${bought.amount_usd} USD; ${available} available`);
}

interface BegunPurchase {
  readonly client: CommonholdClient;
  readonly bought: Purchase;
  readonly wait: boolean;
}

async function finishPayment(context: CliContext, { client, bought, wait }: BegunPurchase): Promise<void> {
  const { output, signal } = context;
  const until = bought.expires_at === undefined ? "" : `, until ${formatMoment(bought.expires_at)}`;
  output.note(`Pay ${bought.amount_usd} USD for ${bought.credits} credits at this address${until}:`);
  output.line(bought.checkout_url ?? "");
  if (!wait) return;
  output.note("Waiting for the payment. Ctrl-C ends the wait, not the purchase: credits come when it is paid.");
  const purchase = await waitForPayment(
    {
      progress: () => client.credits.progress(bought.payment_id, signal),
      sleep: (ms) => delay(ms, undefined, { signal }).catch(() => undefined),
    },
    signal,
  );
  if (purchase.status === "completed") return showBought(context, bought, purchase.balance.available);
  if (purchase.status === "processing") {
    return output.line(`${bought.credits} credits come when the bank has paid: "credits history" shows it`);
  }
  throw new AppError("PAYMENT_REFUSED", `the payment has ${purchase.status}: nothing was bought`, {
    details: { payment_id: bought.payment_id },
  });
}

export async function showHistory(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const lines: CreditLine[] = [];
  for await (const line of client.credits.history({ signal: context.signal })) lines.push(line);
  if (context.output.json) return context.output.document({ items: lines });
  if (lines.length === 0) return context.output.note("Nothing came or went yet.");
  for (const line of formatTable(HISTORY, lines)) context.output.line(line);
}

export async function showDays(context: CliContext): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const days: ChargedDay[] = [];
  for await (const day of client.credits.days({ signal })) days.push(day);
  if (output.json) return output.document({ items: days });
  if (days.length === 0) return output.note("No day was charged yet: each is after midnight UTC, when it is over.");
  for (const line of formatTable(DAYS, days)) output.line(line);
}
