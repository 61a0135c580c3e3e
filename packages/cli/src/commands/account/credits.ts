import type { CreditLine } from "@commonhold/client/credits.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatFacts, formatTable, type TableColumn } from "../../output/output.ts";
import { usageError } from "../../usage.ts";

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

export async function showCredits(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const { credits } = await client.accounts.me(context.signal);
  if (context.output.json) return context.output.document(credits);
  const facts = [
    ["Available", credits.available],
    ["Reserved", credits.reserved],
  ] as const;
  for (const line of formatFacts(facts)) context.output.line(line);
}

export async function buyCredits(context: CliContext, amountUsd: string): Promise<void> {
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(amountUsd) || Number(amountUsd) === 0) {
    throw usageError(`"${amountUsd}" is no amount in US dollars: give it like 10 or 2.50`);
  }
  const client = await context.openClient();
  const bought = await client.credits.buy(amountUsd, { signal: context.signal });
  if (context.output.json) return context.output.document(bought);
  context.output.line(
    `bought ${bought.credits} credits for ${bought.amount_usd} USD; ${bought.balance.available} available`,
  );
}

export async function showHistory(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const lines: CreditLine[] = [];
  for await (const line of client.credits.history({ signal: context.signal })) lines.push(line);
  if (context.output.json) return context.output.document({ items: lines });
  if (lines.length === 0) return context.output.note("Nothing came or went yet.");
  for (const line of formatTable(HISTORY, lines)) context.output.line(line);
}
