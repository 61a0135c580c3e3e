import type { CliContext } from "../../cli-context.ts";

export async function unshare(context: CliContext, ids: readonly string[]): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  for (const id of ids) {
    await client.shares.revoke(id, signal);
    if (!output.json && !output.quiet) output.line(`took back ${id}`);
  }
  if (output.json) output.document({ revoked: ids });
}
