import type { CliContext } from "../../cli-context.ts";

export async function logout(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const { wasLoggedIn, revoked } = await client.accounts.logout(context.signal);
  if (context.output.json)
    return context.output.document({ coordinator: client.baseUrl, was_logged_in: wasLoggedIn, revoked });
  if (!wasLoggedIn) return context.output.note(`Nobody is logged in at ${client.baseUrl}.`);
  if (!context.output.quiet) context.output.line(`logged out of ${client.baseUrl}`);
  if (!revoked) context.output.note("The coordinator could not be told: the session there ends by itself.");
}
