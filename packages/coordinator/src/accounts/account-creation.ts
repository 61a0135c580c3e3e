import type { Clock } from "@commonhold/core/clock.ts";
import { type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { sealNewOwnerSecret } from "./owner-secrets.ts";
import type { PasswordHasher } from "./password-hasher.ts";

/** What others may see of a user. */
export interface UserRecord {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
}

export interface AccountCreationDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Pick<PasswordHasher, "hash">;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
}

export interface NewAccount {
  /** As `normaliseEmail` gives it. */
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  readonly welcomeMicroCredits: bigint;
}

/** @throws AppError EMAIL_TAKEN, OVERLOADED */
export async function createAccount(deps: AccountCreationDeps, account: NewAccount): Promise<UserRecord> {
  const { metadata, clock, random, masterKey } = deps;
  const passwordHash = await deps.hasher.hash(account.password);
  const createdAtMs = clock.nowMs();
  const id = uuidV7(createdAtMs, random.bytes(10)) as UserId;
  await metadata.apply("user.create", {
    id,
    email: account.email,
    name: account.name,
    role: account.role,
    password_hash: passwordHash,
    sealed_secret: Buffer.from(sealNewOwnerSecret(id, masterKey, random)).toString("base64"),
    created_at_ms: createdAtMs,
    welcome_microcredits: account.welcomeMicroCredits.toString(),
  });
  return { id, email: account.email, name: account.name, role: account.role, createdAtMs };
}
