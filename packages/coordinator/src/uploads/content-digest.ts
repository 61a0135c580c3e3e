import { createHash, type Hash, timingSafeEqual } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";

/** Digests of a whole file that its sender promised, lower-case hex; null where none was promised. */
export interface ExpectedDigests {
  readonly sha256: string | null;
  readonly md5: string | null;
}

export function expectsDigest(expected: ExpectedDigests): boolean {
  return expected.sha256 !== null || expected.md5 !== null;
}

/** Checks promised digests against the bytes as they pass, in order. */
export class DigestCheck {
  readonly #checks: readonly { readonly algorithm: string; readonly promised: string; readonly hash: Hash }[];

  constructor(expected: ExpectedDigests) {
    this.#checks = [
      { algorithm: "sha256", promised: expected.sha256 },
      { algorithm: "md5", promised: expected.md5 },
    ].flatMap(({ algorithm, promised }) =>
      promised === null ? [] : [{ algorithm, promised, hash: createHash(algorithm) }],
    );
  }

  update(bytes: Uint8Array): void {
    for (const { hash } of this.#checks) hash.update(bytes);
  }

  /** @throws AppError CHECKSUM_MISMATCH */
  verify(): void {
    for (const { algorithm, promised, hash } of this.#checks) {
      const actual = hash.digest();
      if (!timingSafeEqual(actual, Buffer.from(promised, "hex"))) {
        throw new AppError(
          "CHECKSUM_MISMATCH",
          `the ${algorithm} of what arrived is ${actual.toString("hex")}, not ${promised}: send the file again`,
          { details: { algorithm, expected: promised, actual: actual.toString("hex") } },
        );
      }
    }
  }
}
