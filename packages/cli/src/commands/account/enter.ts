import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { User } from "@commonhold/client/accounts.ts";
import type { CliContext } from "../../cli-context.ts";
import { askPassword, askText, readPasswordFromStdin } from "./ask.ts";

export interface Entrant {
  readonly email: string | undefined;
  readonly passwordFromStdin: boolean;
}

/** The e-mail and password that are to be used, asked for where they were not given. */
export async function whoEnters(context: CliContext, entrant: Entrant): Promise<{ email: string; password: string }> {
  const email =
    entrant.email ?? (await askText(context, { message: "E-mail", otherwise: "give the e-mail as an argument" }));
  const password = entrant.passwordFromStdin
    ? await readPasswordFromStdin()
    : await askPassword(context, { message: "Password", otherwise: "pipe it in with --password-stdin" });
  return { email, password };
}

/** After a login: keeps in mind where it was, and says so. */
export async function tellEntered(context: CliContext, client: CommonholdClient, user: User): Promise<void> {
  const credentials = await context.openCredentials();
  await credentials.noteLogin(client.baseUrl, user.email);
  if (context.output.json) context.output.document({ coordinator: client.baseUrl, user });
  else if (!context.output.quiet) context.output.line(`logged in as ${user.email} (${user.role}) at ${client.baseUrl}`);
  if (context.env.COMMONHOLD_TOKEN) {
    context.output.note("COMMONHOLD_TOKEN is set and goes before this login: unset it to use the login");
  }
}
