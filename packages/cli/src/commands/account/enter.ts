import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { User } from "@commonhold/client/accounts.ts";
import type { CliContext } from "../../cli-context.ts";
import { usageError } from "../../usage.ts";
import { askPassword, askText, readPasswordFromStdin } from "./ask.ts";

const ENTRIES_MAX = 3;

export interface Entrant {
  readonly email: string | undefined;
  readonly passwordFromStdin: boolean;
  /** A password that is typed is typed twice: nobody can see what it is. */
  readonly newPassword?: boolean;
}

/** The e-mail and password that are to be used, asked for where they were not given. */
export async function whoEnters(context: CliContext, entrant: Entrant): Promise<{ email: string; password: string }> {
  const email =
    entrant.email ?? (await askText(context, { message: "E-mail", otherwise: "give the e-mail as an argument" }));
  const password = entrant.passwordFromStdin ? await readPasswordFromStdin() : await typedPassword(context, entrant);
  return { email, password };
}

function typedPassword(context: CliContext, { newPassword = false }: Entrant): Promise<string> {
  const ask = (message: string) => askPassword(context, { message, otherwise: "pipe it in with --password-stdin" });
  return newPassword ? askTwice("Password", ask, (text) => context.output.note(text)) : ask("Password");
}

/**
 * The password that was typed the same twice.
 * @throws AppError INVALID_REQUEST where that does not come about in three tries
 */
export async function askTwice(
  message: string,
  ask: (message: string) => Promise<string>,
  note: (text: string) => void,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const password = await ask(message);
    if ((await ask("The same password again")) === password) return password;
    if (tries === ENTRIES_MAX) throw usageError("the two passwords differed each time: nothing was done");
    note("The two passwords differ: type both again.");
  }
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
