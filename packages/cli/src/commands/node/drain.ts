import type { CliContext } from "../../cli-context.ts";
import { openChosenNode } from "./node-folder.ts";

export async function drain(
  context: CliContext,
  options: { readonly data?: string; readonly cancel?: boolean },
): Promise<void> {
  const { output } = context;
  const admin = await openChosenNode(options.data);
  const status = await admin.setDraining(options.cancel !== true, context.signal);
  if (output.json) return output.document(status);
  if (!status.draining) return output.line(`${status.name} takes chunks again`);
  output.line(`${status.name} takes no new chunks and goes on serving the ${status.storage.chunk_count} that it holds`);
  output.note("This version does not copy them elsewhere: what only few nodes hold is missed while this one is off.");
}
