import type { CliContext } from "../../cli-context.ts";
import { formatFacts } from "../../output/output.ts";

export async function whoami(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const account = await client.accounts.me(context.signal);
  if (context.output.json) return context.output.document({ coordinator: client.baseUrl, ...account });
  const facts = [
    ["Account", account.name === "" ? account.email : `${account.email} (${account.name})`],
    ["Role", account.role],
    ["Coordinator", client.baseUrl],
    ["Credits", `${account.credits.available} available, ${account.credits.reserved} reserved`],
  ] as const;
  for (const line of formatFacts(facts)) context.output.line(line);
}
