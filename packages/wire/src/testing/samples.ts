import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type GrantTerms, issueGrant, type SignedGrant, type VerifySignature } from "../grant.ts";

/** PKCS #8 of an Ed25519 key (RFC 8410) up to its 32-byte seed. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_OF_TESTS = createPrivateKey({
  key: Buffer.concat([PKCS8_PREFIX, Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const PUBLIC_KEY_OF_TESTS = createPublicKey(KEY_OF_TESTS);

export const COORDINATOR = "12D3KooWcoordinator";
export const NODE = "12D3KooWnode";
export const PEER = "12D3KooWpeer";
export const CHUNK = chunkNameOf("a chunk");

/** Any chunk name, the same for the same text. */
export function chunkNameOf(text: string): ChunkName {
  return createHash("sha256").update(text).digest("hex") as ChunkName;
}

/** As `InventorySummary` wants it. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

export function signAsCoordinator(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, bytes, KEY_OF_TESTS));
}

export const verifyCoordinator: VerifySignature = (peerId, bytes, signature) =>
  peerId === COORDINATOR && verify(null, bytes, PUBLIC_KEY_OF_TESTS, signature);

/** A grant that permits `PEER` to store `CHUNK` at `NODE`, with changes. */
export function sampleTerms(changes: Partial<GrantTerms> = {}): GrantTerms {
  return {
    issuer: COORDINATOR,
    node: NODE,
    subject: PEER,
    action: "store",
    chunkName: CHUNK,
    lengthMax: 1000,
    expiresAtMs: 1_750_000_000_000,
    nonce: new Uint8Array(16).fill(9),
    ...changes,
  };
}

export function sampleGrant(changes: Partial<GrantTerms> = {}): SignedGrant {
  return issueGrant(sampleTerms(changes), signAsCoordinator);
}
