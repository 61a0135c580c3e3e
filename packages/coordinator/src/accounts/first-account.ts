import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { readSecretFileIfPresent, writeSecretFile } from "@commonhold/runtime/secret-file.ts";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { type AccountCreationDeps, createAccount } from "./account-creation.ts";
import { normaliseEmail } from "./email-address.ts";

const NAME = "First account";
const SYLLABLES = 12;
const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aiou";

export interface FirstAccountDeps extends AccountCreationDeps {
  readonly metadata: Pick<Metadata, "apply" | "read">;
  readonly logger: Pick<Logger, "info">;
}

export interface FirstAccountOptions {
  /** `first-account.json` in the data folder. */
  readonly file: string;
  readonly email: string;
  readonly microCredits: bigint;
}

const FirstAccountFile = Type.Object({ email: Type.String(), password: Type.String() });
const FirstAccountRemains = Type.Object({ email: Type.String(), password: Type.Optional(Type.String()) });

/**
 * Where there is no account at all, makes an admin's and writes its e-mail and password to a file (mode 0600). The
 * file comes first, so that a crash between the two never leaves an account that nobody can enter.
 * @returns whether an account was made
 */
export async function ensureFirstAccount(deps: FirstAccountDeps, options: FirstAccountOptions): Promise<boolean> {
  const someone = await deps.metadata.read.selectFrom("users").select("id").limit(1).executeTakeFirst();
  if (someone !== undefined) return false;
  const { email, password } = await readOrWriteFile(deps.random, options);
  await createAccount(deps, {
    email,
    name: NAME,
    password,
    role: "admin",
    welcomeMicroCredits: options.microCredits,
  });
  deps.logger.info({ email, file: options.file }, "Made the first account; its password is in the file");
  return true;
}

/** Where this is the first account, its file no longer says a password that opens nothing. */
export async function forgetFirstPassword(file: string, email: string): Promise<void> {
  const known = await readFirstAccountFile(file);
  if (known?.email !== email || known.password === undefined) return;
  await writeSecretFile(file, `${JSON.stringify({ email, password_changed: true }, null, 2)}\n`);
}

/** What the first start left behind; undefined where it cannot be read. */
export async function readFirstAccountFile(
  file: string,
): Promise<{ readonly email: string; readonly password?: string } | undefined> {
  const bytes = await readSecretFileIfPresent(file).catch(() => undefined);
  try {
    const content: unknown = bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString("utf8"));
    return Value.Check(FirstAccountRemains, content) ? content : undefined;
  } catch {
    return undefined;
  }
}

async function readOrWriteFile(random: Random, options: FirstAccountOptions): Promise<Static<typeof FirstAccountFile>> {
  const bytes = await readSecretFileIfPresent(options.file);
  if (bytes !== undefined) return parseFile(options.file, bytes);
  const account = { email: normaliseEmail(options.email), password: readablePassword(random) };
  await writeSecretFile(options.file, `${JSON.stringify(account, null, 2)}\n`);
  return account;
}

function parseFile(file: string, bytes: Uint8Array): Static<typeof FirstAccountFile> {
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (Value.Check(FirstAccountFile, content)) return content;
  } catch {
    // Not its cause: a parser's message quotes the text, and with it the password.
    throw new AppError("INVALID_CONFIG", `"${file}" is not valid JSON: remove it, a new one is then written`);
  }
  throw new AppError("INVALID_CONFIG", `"${file}" has no email and password: remove it, a new one is then written`);
}

/** 72 random bits as twelve syllables: "fagu-ziro-…". */
export function readablePassword(random: Random): string {
  const syllables = Array.from(random.bytes(SYLLABLES), (byte) => `${CONSONANTS[byte & 15]}${VOWELS[(byte >> 4) & 3]}`);
  const groups: string[] = [];
  for (let i = 0; i < syllables.length; i += 2) groups.push(`${syllables[i]}${syllables[i + 1]}`);
  return groups.join("-");
}
