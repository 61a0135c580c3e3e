import type { AuditPeriodObject } from "@commonhold/client/audits.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";

const COLUMNS: readonly TableColumn<AuditPeriodObject>[] = [
  { title: "DAY", value: (period) => period.day },
  { title: "COMMITMENT", value: (period) => period.commitment },
  {
    title: "KEY PUBLISHED",
    value: ({ revealed_at: atText }) => (atText === null ? "not yet" : formatMoment(atText)),
  },
];

export async function listPeriods(context: CliContext): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const periods: AuditPeriodObject[] = [];
  for await (const period of client.audits.periods(signal)) periods.push(period);
  if (output.json) return output.document({ items: periods });
  if (periods.length === 0) return output.note("Nothing was audited yet.");
  for (const line of formatTable(COLUMNS, periods)) output.line(line);
}
