import { unwrapKey, wrapKey } from "@commonhold/chunk/key-wrap.ts";
import type { Random } from "@commonhold/core/random.ts";

const TOKEN_BYTES = 18;

/** 144 random bits in base64url, 24 characters: short enough to be handed on, too long to be guessed. */
export function createShareToken(random: Random): string {
  return Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url");
}

/** A token as the metadata keeps it for its owner, in the base64 that commands take. */
export function sealShareToken(
  share: { readonly id: string; readonly token: string },
  deps: { readonly masterKey: Uint8Array; readonly random: Random },
): string {
  const sealed = wrapKey(Buffer.from(share.token), deps.masterKey, purposeOf(share.id), deps.random);
  return Buffer.from(sealed).toString("base64");
}

/** @throws AppError KEY_MISMATCH where it was changed, moved, or sealed under another master key */
export function openShareToken(sealedToken: Uint8Array, shareId: string, masterKey: Uint8Array): string {
  return Buffer.from(unwrapKey(sealedToken, masterKey, purposeOf(shareId))).toString();
}

/** Names the link, so that a token moved to another row does not open. */
function purposeOf(shareId: string): string {
  return `share token ${shareId}`;
}
