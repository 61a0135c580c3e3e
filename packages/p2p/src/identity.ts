import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { privateKeyFromProtobuf, privateKeyFromRaw, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";

/** Ed25519 keys in DER (RFC 8410) up to the 32 raw bytes. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KNOWN_KEYS_MAX = 1024;

/** An Ed25519 key pair and the peer id that stands for it. */
export interface Identity {
  readonly peerId: string;
  /** For libp2p. */
  readonly privateKey: PrivateKey;
  /** 64 bytes: Ed25519 (RFC 8032). */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A new identity. */
export function createIdentity(random: Random = systemRandom): Identity {
  return identityOfSeed(random.bytes(SEED_BYTES));
}

/** The private key as libp2p's protobuf: to be kept secret. */
export function encodeIdentity(identity: Identity): Uint8Array {
  return privateKeyToProtobuf(identity.privateKey);
}

/** @throws AppError INVALID_CONFIG when `bytes` are no Ed25519 private key in libp2p's protobuf */
export function decodeIdentity(bytes: Uint8Array): Identity {
  let privateKey: PrivateKey;
  try {
    privateKey = privateKeyFromProtobuf(bytes);
  } catch (error) {
    throw new AppError("INVALID_CONFIG", `the identity of ${bytes.length} bytes is no libp2p private key`, {
      cause: error,
    });
  }
  if (privateKey.type !== "Ed25519") {
    throw new AppError("INVALID_CONFIG", `the identity is a key of type ${privateKey.type}, it must be Ed25519`);
  }
  return identityOfSeed(privateKey.raw.subarray(0, SEED_BYTES));
}

/** Whether `signature` over `bytes` is by the Ed25519 key that `peerId` contains; false for any other text. */
export function verifySignature(peerId: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const key = publicKeyOf(peerId);
  return key !== undefined && verify(null, bytes, key, signature);
}

function identityOfSeed(seed: Uint8Array): Identity {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const privateKey = privateKeyFromRaw(Buffer.concat([seed, spki.subarray(SPKI_PREFIX.length)]));
  return {
    peerId: peerIdFromPrivateKey(privateKey).toString(),
    privateKey,
    sign: (bytes) => Uint8Array.from(sign(null, bytes, key)),
  };
}

/** Keys by peer id, least recently used first: reading a key from its bytes costs as much as a signature check. */
const knownKeys = new Map<string, KeyObject>();

function publicKeyOf(peerId: string): KeyObject | undefined {
  const known = knownKeys.get(peerId);
  const key = known ?? decodePublicKey(peerId);
  if (key === undefined) return undefined;
  knownKeys.delete(peerId);
  knownKeys.set(peerId, key);
  if (knownKeys.size > KNOWN_KEYS_MAX) knownKeys.delete(knownKeys.keys().next().value!);
  return key;
}

function decodePublicKey(peerId: string): KeyObject | undefined {
  try {
    const { publicKey } = peerIdFromString(peerId);
    if (publicKey?.type !== "Ed25519") return undefined;
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey.raw]), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
