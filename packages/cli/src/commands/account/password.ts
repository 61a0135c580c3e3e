import type { CliContext } from "../../cli-context.ts";
import { askPassword, readPasswordsFromStdin } from "./ask.ts";
import { askTwice } from "./enter.ts";

/** Changes the password of whoever is logged in; every other login of theirs ends. */
export async function changePassword(
  context: CliContext,
  { passwordStdin = false }: { readonly passwordStdin?: boolean },
): Promise<void> {
  const client = await context.openClient();
  const [current, next] = passwordStdin ? await readPasswordsFromStdin() : await typed(context);
  const { ended } = await client.accounts.changePassword({ current, next }, context.signal);
  if (context.output.json) return context.output.document({ coordinator: client.baseUrl, ended });
  if (context.output.quiet) return;
  context.output.line("the password is changed");
  if (ended > 0) context.output.note(`${ended} other ${ended === 1 ? "login was" : "logins were"} ended.`);
}

async function typed(context: CliContext): Promise<readonly [string, string]> {
  const ask = (message: string) =>
    askPassword(context, { message, otherwise: "pipe both in with --password-stdin, the current one first" });
  const note = (text: string) => context.output.note(text);
  return [await ask("Current password"), await askTwice("New password", ask, note)];
}
