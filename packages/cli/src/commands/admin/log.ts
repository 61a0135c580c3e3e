import type { AdminAction } from "@commonhold/client/admin.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";

const COLUMNS: readonly TableColumn<AdminAction>[] = [
  { title: "WHEN", value: (action) => formatMoment(action.at) },
  { title: "WHO", value: (action) => nameOf(action.actor) },
  { title: "WHAT", value: (action) => action.action },
  { title: "TO", value: (action) => nameOf(action.subject) },
  {
    title: "DETAILS",
    value: ({ details }) =>
      Object.entries(details)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(" "),
  },
];

export async function showLog(context: CliContext, { lines }: { readonly lines: number }): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const actions: AdminAction[] = [];
  for await (const action of client.admin.actions(signal)) {
    actions.push(action);
    if (actions.length === lines) break;
  }
  if (output.json) return output.document({ items: actions });
  if (actions.length === 0) return output.note("Nothing was done yet.");
  for (const line of formatTable(COLUMNS, actions)) output.line(line);
}

function nameOf({ kind, id, name }: AdminAction["actor"]): string {
  if (id === "") return "the network";
  return kind === "job" ? `job ${id}` : (name ?? id);
}
