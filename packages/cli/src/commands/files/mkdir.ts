import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";

export async function mkdir(context: CliContext, path: string): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const folder = await client.folders.ensure(path.replace(/^\/+|\/+$/g, ""), null, signal);
  if (output.json) return output.document(folder);
  output.line(output.quiet ? folder.id : printable(`made ${path} (${folder.id})`));
}
