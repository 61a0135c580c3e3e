import type { CliContext } from "../../cli-context.ts";
import { commandName } from "../../command-name.ts";
import { openChosenNode } from "./node-folder.ts";

export async function scrub(context: CliContext, options: { readonly data?: string }): Promise<void> {
  const { output } = context;
  const admin = await openChosenNode(options.data);
  const started = await admin.startScrub(context.signal);
  if (output.json) return output.document(started);
  output.line(`the scrub is ${started.state}`);
  const where = options.data === undefined ? "" : ` --data ${options.data}`;
  output.note(`"${commandName(context.env)} node status${where}" shows how far it is.`);
}
