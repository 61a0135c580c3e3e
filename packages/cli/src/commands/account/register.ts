import type { CliContext } from "../../cli-context.ts";
import { tellEntered, whoEnters } from "./enter.ts";

export interface RegisterOptions {
  readonly name?: string;
  readonly passwordStdin?: boolean;
}

export async function register(
  context: CliContext,
  email: string | undefined,
  options: RegisterOptions,
): Promise<void> {
  const client = await context.openClient();
  const who = await whoEnters(context, { email, passwordFromStdin: options.passwordStdin === true, newPassword: true });
  const name = options.name === undefined ? {} : { name: options.name };
  return tellEntered(context, client, await client.accounts.register({ ...who, ...name }, context.signal));
}
