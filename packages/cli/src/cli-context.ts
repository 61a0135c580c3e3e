import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { createOutput, type Output } from "./output/output.ts";
import type { CredentialsFile } from "./state/credentials-file.ts";
import { type UserFolders, userFolders } from "./state/user-folders.ts";

export const DEFAULT_COORDINATOR = "http://127.0.0.1:8080";

/** Options that every command takes. */
export interface GlobalFlags {
  readonly coordinator?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What a command is given besides its own arguments. */
export interface CliContext {
  readonly flags: GlobalFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  readonly folders: UserFolders;
  /** Aborted by Ctrl-C, with `Interrupted` as its reason. */
  readonly signal: AbortSignal;
  /** A client of the coordinator that is meant: --coordinator, COMMONHOLD_URL, the last login, this machine. */
  openClient(options?: { readonly url?: string }): Promise<CommonholdClient>;
  openCredentials(): Promise<CredentialsFile>;
}

export function createCliContext(flags: GlobalFlags, signal: AbortSignal): CliContext {
  const { env } = process;
  const folders = userFolders(env);

  async function openCredentials(): Promise<CredentialsFile> {
    const { createCredentialsFile } = await import("./state/credentials-file.ts");
    return createCredentialsFile(folders.config);
  }

  return {
    flags,
    env,
    output: createOutput(process, flags),
    folders,
    signal,
    openCredentials,
    async openClient({ url } = {}) {
      const [{ openClient }, credentials] = await Promise.all([import("./open-client.ts"), openCredentials()]);
      const given = url ?? flags.coordinator ?? nonEmpty(env.COMMONHOLD_URL);
      const baseUrl = given ?? (await credentials.lastCoordinator()) ?? DEFAULT_COORDINATOR;
      return openClient({ credentials }, { baseUrl, token: nonEmpty(env.COMMONHOLD_TOKEN) });
    },
  };
}

/** An empty variable counts as none. */
export function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
