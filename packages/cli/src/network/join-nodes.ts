import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { FirstAccount } from "./local-network.ts";

const TOKEN_LIFE_S = 3600;

export interface NodeToJoin {
  readonly name: string;
  readonly folder: string;
}

export interface JoinNodesOptions {
  readonly nodes: readonly NodeToJoin[];
  readonly account: FirstAccount;
  readonly capacityBytes: number;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Whether a node was made in this folder and has joined. */
export function hasJoined(folder: string): boolean {
  return existsSync(join(folder, "credentials.json"));
}

/**
 * Makes nodes on this machine members of the coordinator that `client` talks to, with the trial account.
 * @throws AppError of `initNode`; INVALID_CREDENTIALS where the trial account's password is no longer its first one
 */
export async function joinNodes(
  deps: { readonly client: CommonholdClient; readonly random: Random },
  options: JoinNodesOptions,
): Promise<void> {
  const { client, random } = deps;
  const { nodes, account, signal } = options;
  const { email, password } = account;
  if (password === undefined) throw passwordChanged(nodes, undefined);
  await client.accounts.login({ email, password }, signal).catch((error: unknown) => {
    if (!hasCode(error, "INVALID_CREDENTIALS")) throw error;
    throw passwordChanged(nodes, error);
  });
  const { join_token: token } = await client.nodes.createJoinToken(
    // A name that is taken costs a second try.
    { uses: nodes.length * 2, expiresInS: TOKEN_LIFE_S },
    signal,
  );
  await client.accounts.logout(signal);
  for (const node of nodes) {
    await joinNode(deps, node, { ...options, token, url: client.baseUrl }).catch((error: unknown) => {
      if (!hasCode(error, "NODE_NAME_TAKEN")) throw error;
      // The folder of an earlier node of that name was removed; the coordinator still remembers that one.
      const suffix = Buffer.from(random.bytes(2)).toString("hex");
      return joinNode(deps, { ...node, name: `${node.name}-${suffix}` }, { ...options, token, url: client.baseUrl });
    });
  }
}

async function joinNode(
  { random }: { readonly random: Random },
  node: NodeToJoin,
  options: JoinNodesOptions & { readonly token: string; readonly url: string },
): Promise<void> {
  const { initNode } = await import("@commonhold/storage-node/init-node.ts");
  await initNode(
    { clock: systemClock, random, fetch: globalThis.fetch },
    {
      folder: node.folder,
      joinToken: options.token,
      version: options.version,
      env: process.env,
      signal: options.signal,
      settings: {
        node: { name: node.name, coordinator_url: options.url },
        network: { listen: ["/ip4/127.0.0.1/tcp/0/tls", "/ip4/127.0.0.1/tcp/0"] },
        storage: { max_bytes: options.capacityBytes },
      },
    },
  );
}

function passwordChanged(nodes: readonly NodeToJoin[], cause: unknown): AppError {
  const names = nodes.map((node) => node.name).join(", ");
  return new AppError(
    "INVALID_CREDENTIALS",
    `the trial account's password was changed, so ${names} cannot be added by itself: start with fewer --nodes, then ` +
      'add them by hand with "commonhold token create" and "commonhold node init"',
    { cause },
  );
}
