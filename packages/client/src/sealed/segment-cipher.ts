import { AppError } from "@commonhold/core/app-error.ts";
import { encodeHeader, nonceOf, type SealedHeader } from "./sealed-format.ts";

export const SEALING_KEY_BYTES = 32;

const LABEL = new TextEncoder().encode("commonhold sealed file v1");

export interface SegmentCipher {
  seal(segment: number, isLast: boolean, plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws AppError SEAL_BROKEN when it is not that segment of this file under this key, or not (not) the last */
  open(segment: number, isLast: boolean, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Seals and opens the segments of one file, under HKDF-SHA-256 (RFC 5869) of the key with the header's salt; the info is
 * "commonhold sealed file v1" ‖ header, so a changed header opens nothing and one key may seal any number of files.
 * @param key 32 secret bytes
 */
export async function createSegmentCipher(key: Uint8Array, header: SealedHeader): Promise<SegmentCipher> {
  const subtle = subtleCrypto();
  if (key.length !== SEALING_KEY_BYTES) {
    throw new AppError("SEAL_BROKEN", `the key has ${key.length} bytes in place of ${SEALING_KEY_BYTES}`);
  }
  const secret = await subtle.importKey("raw", new Uint8Array(key), "HKDF", false, ["deriveKey"]);
  const info = new Uint8Array([...LABEL, ...encodeHeader(header)]);
  const fileKey = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(header.salt), info },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  const algorithm = (segment: number, isLast: boolean) => ({ name: "AES-GCM", iv: nonceOf(header, segment, isLast) });
  return {
    seal: async (segment, isLast, plain) =>
      new Uint8Array(await subtle.encrypt(algorithm(segment, isLast), fileKey, plain)),
    open: async (segment, isLast, sealed) => {
      try {
        return new Uint8Array(await subtle.decrypt(algorithm(segment, isLast), fileKey, sealed));
      } catch (cause) {
        const why =
          segment === 0 ? "the key is not its key, or it was changed" : "it was changed on its way, or cut off";
        throw new AppError("SEAL_BROKEN", `the sealed file does not open at part ${segment}: ${why}`, { cause });
      }
    },
  };
}

function subtleCrypto(): typeof crypto.subtle {
  // A browser has it for pages of https and localhost only.
  const subtle: typeof crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (subtle !== undefined) return subtle;
  throw new AppError("INVALID_REQUEST", "sealed files need an address with https (or localhost): ask for one");
}
