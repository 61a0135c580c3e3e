import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { readSecretFileIfPresent } from "@commonhold/runtime/secret-file.ts";

/** Where the parts of a network on this machine keep their things. */
export interface NetworkFolders {
  readonly root: string;
  readonly coordinator: string;
  readonly nodes: string;
  readonly logs: string;
}

export function networkFolders(data: string): NetworkFolders {
  const root = resolve(data);
  return { root, coordinator: join(root, "coordinator"), nodes: join(root, "nodes"), logs: join(root, "logs") };
}

export interface FirstAccount {
  readonly email: string;
  /** undefined: it was changed, and only its owner knows it. */
  readonly password: string | undefined;
}

/**
 * The account that a coordinator makes at its first start.
 * @throws AppError NOT_FOUND where there is none
 */
export async function readFirstAccount(data: string): Promise<FirstAccount> {
  const path = join(networkFolders(data).coordinator, "first-account.json");
  const bytes = await readSecretFileIfPresent(path);
  if (bytes === undefined) {
    const advice =
      'start the network first ("npm start" in a copy of the project, or "commonhold network start"), or name its folder with --data';
    throw new AppError("NOT_FOUND", `there is no trial account in ${path}: ${advice}`);
  }
  try {
    const account = JSON.parse(new TextDecoder().decode(bytes)) as Partial<FirstAccount> & {
      password_changed?: unknown;
    };
    const { email, password } = account;
    if (typeof email === "string" && (typeof password === "string" || account.password_changed === true)) {
      return { email, password };
    }
  } catch {
    // What is said below holds for this too.
  }
  throw new AppError("INVALID_CONFIG", `${path} cannot be read as an account: it should hold an email and a password`);
}

/** Where the network in this folder last listened; undefined where it never ran. */
export async function readLocalNetworkUrl(data: string): Promise<string | undefined> {
  try {
    const network = JSON.parse(await readFile(join(resolve(data), "network.json"), "utf8")) as { url?: unknown };
    return typeof network.url === "string" ? network.url : undefined;
  } catch {
    return undefined;
  }
}

export async function writeLocalNetworkUrl(data: string, url: string): Promise<void> {
  await writeFileDurably(join(resolve(data), "network.json"), `${JSON.stringify({ url })}\n`);
}

/** The folders of nodes that were made here, by name, in the order of their numbers. */
export async function listNodeFolders(data: string): Promise<readonly string[]> {
  const entries = await readdir(networkFolders(data).nodes, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
