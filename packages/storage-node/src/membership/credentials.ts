import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { readSecretFileIfPresent, writeSecretFile } from "@commonhold/runtime/secret-file.ts";
import { parseAddresses } from "@commonhold/p2p/libp2p/addresses.ts";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

export const ADDRESSES_MAX = 64;

export const CoordinatorContactSchema = Type.Object({
  peer_id: Type.String({ minLength: 1, maxLength: 128 }),
  /** Multiaddrs. */
  addresses: Type.Array(Type.String({ maxLength: 512 }), { maxItems: ADDRESSES_MAX }),
});

/** What a header can carry: `fetch` refuses anything else with an error that quotes it. */
export const ApiKeySchema = Type.String({ minLength: 1, maxLength: 1024, pattern: "^[\\x21-\\x7e]+$" });

const CredentialsSchema = Type.Object({
  node_id: Type.String({ minLength: 1, maxLength: 128 }),
  api_key: ApiKeySchema,
  coordinator: CoordinatorContactSchema,
});

/** What a node got when it registered. The coordinator's peer id is pinned: the node obeys no other. */
export type Credentials = Static<typeof CredentialsSchema>;

export function credentialsFile(folder: string): string {
  return join(folder, "credentials.json");
}

/** @throws AppError INVALID_CONFIG where the node is not registered, or the file is not private or damaged */
export async function readCredentials(folder: string): Promise<Credentials> {
  const credentials = await readCredentialsIfPresent(folder);
  if (credentials !== undefined) return credentials;
  throw new AppError("INVALID_CONFIG", `The node in "${folder}" is not registered: run node init first`);
}

/** @param options.damaged "ignore" answers undefined for a file that cannot be understood */
export async function readCredentialsIfPresent(
  folder: string,
  options: { readonly damaged: "throw" | "ignore" } = { damaged: "throw" },
): Promise<Credentials | undefined> {
  const file = credentialsFile(folder);
  const bytes = await readSecretFileIfPresent(file);
  if (bytes === undefined) return undefined;
  const credentials = parseJson(new TextDecoder().decode(bytes));
  if (Value.Check(CredentialsSchema, credentials)) return credentials;
  if (options.damaged === "ignore") return undefined;
  throw new AppError(
    "INVALID_CONFIG",
    `"${file}" is damaged: register the node again (node init --rejoin with a new join token)`,
  );
}

/**
 * Where libp2p can dial the coordinator. Its addresses come with every heartbeat, whose answer nobody signs: a malformed
 * one that somebody on the way put in must not keep the node from starting.
 */
export function dialableAddresses({ peer_id: peerId, addresses }: Credentials["coordinator"]): readonly string[] {
  return addresses.filter((address) => isDialable(peerId, address));
}

function isDialable(peerId: string, address: string): boolean {
  try {
    return parseAddresses({ peerId, addresses: [address] }).length === 1;
  } catch {
    return false;
  }
}

/** Mode 0600, durable. */
export async function writeCredentials(folder: string, credentials: Credentials): Promise<void> {
  await writeSecretFile(credentialsFile(folder), `${JSON.stringify(credentials, undefined, 2)}\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
