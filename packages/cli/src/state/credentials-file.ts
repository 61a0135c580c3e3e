import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Credentials, CredentialStore } from "@commonhold/client/credentials.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { readSecretFileIfPresent, writeSecretFile } from "@commonhold/runtime/secret-file.ts";

interface StoredLogin extends Credentials {
  readonly email?: string;
}

interface CredentialsDocument {
  readonly version: 1;
  /** The coordinator that was logged in to last. */
  readonly last?: string;
  readonly coordinators: Readonly<Record<string, StoredLogin>>;
}

export interface CredentialsFile {
  /** The coordinator that was logged in to last. */
  lastCoordinator(): Promise<string | undefined>;
  /** Who is logged in there, as far as this machine knows. */
  emailAt(url: string): Promise<string | undefined>;
  /** Notes who just logged in, and where. */
  noteLogin(url: string, email: string): Promise<void>;
  storeFor(url: string): CredentialStore;
}

const EMPTY: CredentialsDocument = { version: 1, coordinators: {} };

/** `credentials.json` in the user's configuration folder: mode 0600, replaced whole, safe with several processes. */
export function createCredentialsFile(folder: string): CredentialsFile {
  const path = join(folder, "credentials.json");

  async function read(): Promise<CredentialsDocument> {
    const bytes = await readSecretFileIfPresent(path);
    return bytes === undefined ? EMPTY : parse(path, bytes);
  }

  async function write(document: CredentialsDocument): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeSecretFile(path, `${JSON.stringify(document, null, 2)}\n`);
  }

  async function exclusively<T>(action: () => Promise<T>): Promise<T> {
    // Reading needs no lock, and most commands only read.
    const { inTurn } = await import("./folder-turn.ts");
    return inTurn(join(folder, "lock"), action);
  }

  function storeFor(url: string): CredentialStore {
    return {
      exclusively,
      read: async () => (await read()).coordinators[url],
      async write(credentials) {
        const document = await read();
        const { [url]: known, ...others } = document.coordinators;
        const coordinators = credentials === undefined ? others : { ...others, [url]: { ...known, ...credentials } };
        const last = credentials === undefined && document.last === url ? undefined : document.last;
        await write({ version: 1, ...(last === undefined ? {} : { last }), coordinators });
      },
    };
  }

  return {
    lastCoordinator: async () => (await read()).last,
    emailAt: async (url) => (await read()).coordinators[url]?.email,
    noteLogin: (url, email) =>
      exclusively(async () => {
        const document = await read();
        const known = document.coordinators[url];
        if (known === undefined) return;
        await write({ ...document, last: url, coordinators: { ...document.coordinators, [url]: { ...known, email } } });
      }),
    storeFor,
  };
}

function parse(path: string, bytes: Uint8Array): CredentialsDocument {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isDocument(document)) return document;
  } catch {
    // What it says below holds for this too.
  }
  throw new AppError("INVALID_CONFIG", `${path} cannot be read as credentials: remove it and log in again`);
}

function isDocument(value: unknown): value is CredentialsDocument {
  if (!isObject(value) || value["version"] !== 1 || !isTextOrMissing(value["last"])) return false;
  const { coordinators } = value;
  return isObject(coordinators) && Object.values(coordinators).every(isLogin);
}

function isLogin(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value["accessToken"] === "string" &&
    isTextOrMissing(value["refreshToken"]) &&
    isTextOrMissing(value["email"])
  );
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
