import type { CliContext } from "../../cli-context.ts";

export async function logout(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const { revoked } = await client.accounts.logout(context.signal);
  if (context.output.json) return context.output.document({ coordinator: client.baseUrl, revoked });
  if (!context.output.quiet) context.output.line(`logged out of ${client.baseUrl}`);
  if (!revoked) context.output.note("The coordinator could not be told: the session there ends by itself.");
}
