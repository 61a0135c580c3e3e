import type { Setting } from "@commonhold/client/admin.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";

const COLUMNS: readonly TableColumn<Setting>[] = [
  { title: "SETTING", value: (setting) => setting.name },
  { title: "VALUE", value: ({ value }) => (value === null ? "" : JSON.stringify(value)) },
  { title: "FROM", value: ({ source, where }) => (where === null ? source : `${source} ${where}`) },
];

export async function showSettings(context: CliContext, { all = false }: { readonly all?: boolean }): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const settings = await client.admin.settings(signal);
  const shown = all ? settings : settings.filter(({ source }) => source !== "default");
  if (output.json) return output.document({ items: shown });
  if (shown.length === 0) return output.note("Every setting is as by default: --all shows them.");
  for (const line of formatTable(COLUMNS, shown)) output.line(line);
}
