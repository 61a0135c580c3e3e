import { argon2, timingSafeEqual } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type BulkheadPolicy, BulkheadRejectedError, bulkhead } from "cockatiel";

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Costs that a stored hash may ask for: a hash from a hostile backup must not exhaust us. */
const MEMORY_KIB_MAX = 1024 * 1024;
const PASSES_MAX = 64;
const PARALLELISM_MAX = 16;

export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** The least that the OWASP password storage cheat sheet asks of Argon2id. */
export const ARGON2_COST: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };

export interface PasswordHasher {
  /** PHC text: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. @throws AppError OVERLOADED when too many wait */
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the one of `stored`. Without `stored` (no such account) it is false after the same work,
   * so that the answer's time does not tell which addresses have accounts.
   * @throws AppError OVERLOADED when too many wait
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

export interface PasswordHasherOptions {
  /** Hashes computed at once: each takes the memory of its cost and one thread of the pool. */
  readonly concurrentMax: number;
  readonly waitingMax: number;
  readonly cost?: Argon2Cost;
}

interface StoredHash extends Argon2Cost {
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** Argon2id (RFC 9106) on Node's thread pool. */
export function createPasswordHasher(
  deps: { readonly random: Random },
  options: PasswordHasherOptions,
): PasswordHasher {
  const cost = options.cost ?? ARGON2_COST;
  const gate = bulkhead(options.concurrentMax, options.waitingMax);
  const nobody: StoredHash = { ...cost, salt: deps.random.bytes(SALT_BYTES), tag: new Uint8Array(TAG_BYTES) };

  return {
    hash: async (password) => {
      const salt = deps.random.bytes(SALT_BYTES);
      const tag = await withinGate(gate, () => derive(password, { ...cost, salt, tagBytes: TAG_BYTES }));
      return formatPhc({ ...cost, salt, tag });
    },
    verify: async (password, stored) => {
      const expected = stored === undefined ? nobody : parsePhc(stored);
      const tag = await withinGate(gate, () => derive(password, { ...expected, tagBytes: expected.tag.length }));
      return timingSafeEqual(tag, expected.tag) && stored !== undefined;
    },
  };
}

async function withinGate<T>(gate: BulkheadPolicy, run: () => Promise<T>): Promise<T> {
  try {
    return await gate.execute(run);
  } catch (cause) {
    if (!(cause instanceof BulkheadRejectedError)) throw cause;
    throw new AppError("OVERLOADED", "too many people sign in at once: try again in a moment", { cause });
  }
}

function derive(
  password: string,
  terms: Argon2Cost & { readonly salt: Uint8Array; readonly tagBytes: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parameters = {
      message: canonicalPassword(password),
      nonce: terms.salt,
      parallelism: terms.parallelism,
      tagLength: terms.tagBytes,
      memory: terms.memoryKib,
      passes: terms.passes,
    };
    argon2("argon2id", parameters, (error, tag) => {
      if (error === null) resolve(tag);
      else reject(error);
    });
  });
}

/** One password typed on two keyboards may come in two Unicode spellings (RFC 8265, 4.2.2). */
export function canonicalPassword(password: string): Buffer {
  return Buffer.from(password.normalize("NFC"), "utf8");
}

function formatPhc(hash: StoredHash): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  const cost = `m=${hash.memoryKib},t=${hash.passes},p=${hash.parallelism}`;
  return `$argon2id$v=19$${cost}$${text(hash.salt)}$${text(hash.tag)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function parsePhc(text: string): StoredHash {
  const match = PHC.exec(text);
  const [memoryKib, passes, parallelism] = (match ?? []).slice(1, 4).map(Number);
  if (
    match === null ||
    !(memoryKib! <= MEMORY_KIB_MAX && passes! <= PASSES_MAX && parallelism! <= PARALLELISM_MAX && parallelism! > 0)
  ) {
    throw new AppError("INTERNAL", "the stored password hash is not one that this program made");
  }
  return {
    memoryKib: memoryKib!,
    passes: passes!,
    parallelism: parallelism!,
    salt: Buffer.from(match[4]!, "base64"),
    tag: Buffer.from(match[5]!, "base64"),
  };
}
