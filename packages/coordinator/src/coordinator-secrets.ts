import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { createIdentity, decodeIdentity, encodeIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import { readOrCreateSecretFile, readSecretFileIfPresent } from "@commonhold/runtime/secret-file.ts";
import { TOKEN_KEY_BYTES } from "./accounts/access-tokens.ts";

const MASTER_KEY_BYTES = 32;

/** The coordinator's secrets, each in a file of its own (mode 0600) in the data folder. */
export interface CoordinatorSecrets {
  readonly identity: Identity;
  /** Under it every owner's secret and file key is sealed. */
  readonly masterKey: Uint8Array;
  /** Signs access tokens. */
  readonly tokenKey: Uint8Array;
}

/**
 * Reads the secrets, and makes them at the first start.
 * @throws AppError INVALID_CONFIG where a secret is missing beside metadata that was made with it
 */
export async function openCoordinatorSecrets(folder: string, databaseFile: string): Promise<CoordinatorSecrets> {
  if (await exists(databaseFile)) {
    for (const name of ["master.key", "identity.key"]) await requireSecret(join(folder, name));
  }
  const identity = await readOrCreateSecretFile(join(folder, "identity.key"), () => encodeIdentity(createIdentity()));
  const masterKey = await readOrCreateSecretFile(join(folder, "master.key"), () => randomBytes(MASTER_KEY_BYTES));
  const tokenKey = await readOrCreateSecretFile(join(folder, "token.key"), () => randomBytes(TOKEN_KEY_BYTES));
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw new AppError(
      "INVALID_CONFIG",
      `${join(folder, "master.key")} has ${masterKey.length} bytes: it must have ${MASTER_KEY_BYTES}`,
    );
  }
  return { identity: decodeIdentity(identity), masterKey, tokenKey };
}

async function requireSecret(path: string): Promise<void> {
  if ((await readSecretFileIfPresent(path)) !== undefined) return;
  throw new AppError(
    "INVALID_CONFIG",
    `${path} is missing, and the metadata beside it was made with it: restore the file from your copy`,
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
