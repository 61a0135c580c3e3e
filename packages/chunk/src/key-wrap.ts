import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { AES_KEY_LENGTH, AES_NONCE_LENGTH } from "./crypto-port.ts";
import { platformCrypto } from "./platform-crypto.ts";
import { requireLength } from "./require-length.ts";

const VERSION = 1;
const LABEL = "commonhold key wrap v1";
const SALT_LENGTH = 32;
const KEY_LENGTH_MAX = 256;
const MESSAGE_START = 1 + SALT_LENGTH;
/** Safe as the salt makes a fresh key for every wrap. */
const NONCE = new Uint8Array(AES_NONCE_LENGTH);

/**
 * Seals a key (or another short secret) under a wrapping key: version 0x01 ‖ salt (32, random) ‖ AES-256-GCM of the
 * key ‖ tag (16), under HKDF-SHA-256(wrapping key, salt, "commonhold key wrap v1" ‖ purpose). A fresh key for each
 * wrap, rather than a random nonce under one, lets a master key wrap any number of keys.
 * @param key 1 to 256 bytes
 * @param wrapping 32 bytes
 * @param purpose what the key is for; what was wrapped for one purpose does not open for another
 */
// oxlint-disable-next-line max-params -- what `unwrapKey` takes, in its order, and the chance
export function wrapKey(key: Uint8Array, wrapping: Uint8Array, purpose: string, random: Random): Uint8Array {
  if (key.length < 1 || key.length > KEY_LENGTH_MAX) {
    throw new AppError("INTERNAL", `cannot wrap ${key.length} bytes: a key has 1 to ${KEY_LENGTH_MAX}`);
  }
  const salt = random.bytes(SALT_LENGTH);
  const message = platformCrypto.sealAesGcm({ key: wrapKeyFor(wrapping, purpose, salt), nonce: NONCE, bytes: key });
  const wrapped = new Uint8Array(MESSAGE_START + message.length);
  wrapped[0] = VERSION;
  wrapped.set(salt, 1);
  wrapped.set(message, MESSAGE_START);
  return wrapped;
}

/**
 * The inverse of `wrapKey`.
 * @throws AppError KEY_MISMATCH when the bytes were changed, or were wrapped under another key or for another purpose
 */
export function unwrapKey(wrapped: Uint8Array, wrapping: Uint8Array, purpose: string): Uint8Array {
  const key = wrapKeyFor(wrapping, purpose, wrapped.subarray(1, MESSAGE_START));
  const bytes = wrapped.subarray(MESSAGE_START);
  const unwrapped = wrapped[0] === VERSION ? platformCrypto.openAesGcm({ key, nonce: NONCE, bytes }) : undefined;
  if (unwrapped === undefined) {
    const why = "it was changed, or wrapped under another key or for another purpose";
    throw new AppError("KEY_MISMATCH", `the wrapped key "${purpose}" does not open: ${why}`);
  }
  return unwrapped;
}

function wrapKeyFor(wrapping: Uint8Array, purpose: string, salt: Uint8Array): Uint8Array {
  requireLength("wrapping key", wrapping, AES_KEY_LENGTH);
  return platformCrypto.hkdfSha256({ secret: wrapping, salt, info: new TextEncoder().encode(LABEL + purpose) });
}
