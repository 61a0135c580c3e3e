import { unwrapKey, wrapKey } from "@commonhold/chunk/key-wrap.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { LRUCache } from "lru-cache";

const SECRET_BYTES = 32;
const CACHED_MAX = 256;

export interface OwnerSecrets {
  /**
   * The 32 secret bytes from which the keys of a user's chunks derive.
   * @throws AppError NOT_FOUND for an unknown user, KEY_MISMATCH where the master key is not the one it was made under
   */
  ownerSecret(userId: string): Promise<Uint8Array>;
}

/** @param deps.masterKey 32 bytes */
export function createOwnerSecrets(deps: {
  readonly metadata: Pick<Metadata, "read">;
  readonly masterKey: Uint8Array;
}): OwnerSecrets {
  const cached = new LRUCache<string, Uint8Array>({ max: CACHED_MAX });
  return {
    ownerSecret: async (userId) => {
      const known = cached.get(userId);
      if (known !== undefined) return known;
      const user = await deps.metadata.read
        .selectFrom("users")
        .select("sealed_secret")
        .where("id", "=", userId)
        .executeTakeFirst();
      if (user === undefined) throw new AppError("NOT_FOUND", `there is no user ${userId}`);
      const secret = unwrapKey(user.sealed_secret, deps.masterKey, purposeOf(userId));
      cached.set(userId, secret);
      return secret;
    },
  };
}

/** A new owner's secret, sealed under the master key. */
export function sealNewOwnerSecret(userId: string, masterKey: Uint8Array, random: Random): Uint8Array {
  return wrapKey(random.bytes(SECRET_BYTES), masterKey, purposeOf(userId), random);
}

/** Names the user, so that a secret moved to another row does not open. */
function purposeOf(userId: string): string {
  return `owner secret ${userId}`;
}
