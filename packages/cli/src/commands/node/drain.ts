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
  output.line(`${status.name} takes no new chunks; its ${status.storage.chunk_count} chunks are copied elsewhere`);
  output.note('Do not stop it before "commonhold node status" says that it is safe.');
}
