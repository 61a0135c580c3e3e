import { AppError } from "@commonhold/core/app-error.ts";
import type { CliContext } from "../../cli-context.ts";
import { readFirstAccount, readLocalNetworkUrl } from "../../network/local-network.ts";
import { tellEntered, whoEnters } from "./enter.ts";

export interface LoginOptions {
  readonly trial?: boolean;
  readonly data: string;
  readonly passwordStdin?: boolean;
}

export async function login(context: CliContext, email: string | undefined, options: LoginOptions): Promise<void> {
  const { signal } = context;
  if (options.trial === true) {
    const { email: trialEmail, password } = await readFirstAccount(options.data);
    if (password === undefined) {
      throw new AppError(
        "INVALID_CREDENTIALS",
        `the trial account's password was changed: use "commonhold login ${trialEmail}" with the new one`,
      );
    }
    const url = context.flags.coordinator ?? (await readLocalNetworkUrl(options.data));
    const client = await context.openClient(url === undefined ? {} : { url });
    return tellEntered(context, client, await client.accounts.login({ email: trialEmail, password }, signal));
  }
  const client = await context.openClient();
  const who = await whoEnters(context, { email, passwordFromStdin: options.passwordStdin === true });
  return tellEntered(context, client, await client.accounts.login(who, signal));
}
