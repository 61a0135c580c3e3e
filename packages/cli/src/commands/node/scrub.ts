import type { CliContext } from "../../cli-context.ts";
import { openChosenNode } from "./node-folder.ts";

export async function scrub(context: CliContext, options: { readonly data?: string }): Promise<void> {
  const { output } = context;
  const admin = await openChosenNode(options.data);
  const started = await admin.startScrub(context.signal);
  if (output.json) return output.document(started);
  output.line(`the scrub is ${started.state}`);
  output.note('"commonhold node status" shows how far it is.');
}
