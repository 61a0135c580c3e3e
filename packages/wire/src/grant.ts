import { create, toBinary } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, decodeWithin, encodeChunkName, requireLength } from "./fields.ts";
import { type Grant, GrantSchema, type SignedGrant, SignedGrantSchema } from "./gen/commonhold_pb.ts";
import { decodeMessage } from "./message.ts";
import { GRANT_BYTES_MAX, GRANT_NONCE_BYTES, SIGNATURE_BYTES } from "./protocols.ts";

export type { SignedGrant } from "./gen/commonhold_pb.ts";

const GRANT_ACTIONS = [
  "store",
  "store-batch",
  "retrieve",
  "retrieve-batch",
  "delete",
  "replicate",
  "challenge",
  "inventory",
] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** Actions whose grants may have an epoch, and those whose chunks may be the operator's own. */
const FENCED_ACTIONS: ReadonlySet<GrantAction> = new Set(["store", "store-batch", "replicate", "delete"]);
const STORING_ACTIONS: ReadonlySet<GrantAction> = new Set(["store", "store-batch", "replicate"]);

/** How far the clocks of two peers may differ. */
export const GRANT_CLOCK_SKEW_MS = 30_000;

/** The signature covers these bytes and then the encoded `Grant`. */
const SIGNED_PREFIX = new TextEncoder().encode("commonhold grant v1\0");

/** What a coordinator permits: one action on one chunk (or an inventory), by one peer at one node, until a time. */
export interface GrantTerms {
  /** Peer id of the coordinator that signs. */
  readonly issuer: string;
  /** Peer id of the node that shall act. */
  readonly node: string;
  /** Peer id of the one who may present it. */
  readonly subject: string;
  readonly action: GrantAction;
  /** Absent for an inventory only; the name of the list for a batch. */
  readonly chunkName?: ChunkName;
  /** Most sealed bytes that may be stored or replicated, all chunks of a batch together. */
  readonly lengthMax: number;
  readonly expiresAtMs: number;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  /** To store, replicate, delete: fences deletions. From 1 on; absent where the coordinator knows of none. */
  readonly epoch?: number;
  /** To store and replicate: the chunks belong to the node's operator. */
  readonly own?: boolean;
}

/** What the presented grant must permit. */
export interface ExpectedGrant {
  readonly node: string;
  readonly subject: string;
  readonly action: GrantAction;
  readonly chunkName?: ChunkName;
  readonly length?: number;
  readonly nowMs: number;
  /** Peer ids of the coordinators that this node obeys. */
  readonly issuers: ReadonlySet<string>;
}

/** Whether `signature` over `bytes` is by the key of `peerId`. */
export type VerifySignature = (peerId: string, bytes: Uint8Array, signature: Uint8Array) => boolean;

/** Encodes and signs `terms` with `sign`, the issuer's Ed25519 signature. */
export function issueGrant(terms: GrantTerms, sign: (bytes: Uint8Array) => Uint8Array): SignedGrant {
  const grant = toBinary(
    GrantSchema,
    create(GrantSchema, {
      issuer: terms.issuer,
      node: terms.node,
      subject: terms.subject,
      action: terms.action,
      chunkName: terms.chunkName === undefined ? new Uint8Array(0) : encodeChunkName(terms.chunkName),
      lengthMax: BigInt(terms.lengthMax),
      expiresAtMs: BigInt(terms.expiresAtMs),
      nonce: terms.nonce,
      epoch: BigInt(terms.epoch ?? 0),
      own: terms.own === true,
    }),
  );
  return create(SignedGrantSchema, { grant, signature: sign(signedBytes(grant)) });
}

/**
 * The terms of `signed` when it permits all of `expected`.
 * @throws AppError INVALID_GRANT that names what does not fit
 */
export function checkGrant(
  signed: SignedGrant | undefined,
  expected: ExpectedGrant,
  verify: VerifySignature,
): GrantTerms {
  if (signed === undefined) throw refused("none was presented");
  const terms = decodeTerms(signed);
  // The cheap tests come first: a stranger's grant costs no signature check.
  if (!expected.issuers.has(terms.issuer)) throw refused(`${terms.issuer} is no coordinator of this node`);
  requireSame("node", terms.node, expected.node);
  requireSame("subject", terms.subject, expected.subject);
  requireSame("action", terms.action, expected.action);
  requireSame("chunk", terms.chunkName, expected.chunkName);
  if (expected.length !== undefined && expected.length > terms.lengthMax) {
    throw refused(`it allows ${terms.lengthMax} bytes, ${expected.length} were announced`);
  }
  if (expected.nowMs > terms.expiresAtMs + GRANT_CLOCK_SKEW_MS) {
    throw refused(`it expired ${expected.nowMs - terms.expiresAtMs} ms ago`);
  }
  if (!verify(terms.issuer, signedBytes(signed.grant), signed.signature)) {
    throw refused(`its signature is not by ${terms.issuer}`);
  }
  return terms;
}

function decodeTerms(signed: SignedGrant): GrantTerms {
  if (signed.grant.length > GRANT_BYTES_MAX) {
    throw refused(`it has ${signed.grant.length} bytes, more than ${GRANT_BYTES_MAX}`);
  }
  try {
    requireLength("signature", signed.signature, SIGNATURE_BYTES);
    return termsOf(decodeMessage(GrantSchema, signed.grant));
  } catch (error) {
    throw refused("it is ill-formed", error);
  }
}

function termsOf(grant: Grant): GrantTerms {
  const { action } = grant;
  if (!isGrantAction(action)) throw new AppError("PROTOCOL_ERROR", `"${action}" is no action`);
  requireLength("nonce", grant.nonce, GRANT_NONCE_BYTES);
  const epoch = decodeWithin("epoch", grant.epoch, {
    min: 0,
    max: FENCED_ACTIONS.has(action) ? Number.MAX_SAFE_INTEGER : 0,
  });
  if (grant.own && !STORING_ACTIONS.has(action)) throw new AppError("PROTOCOL_ERROR", `"${action}" has no owner`);
  return {
    issuer: grant.issuer,
    node: grant.node,
    subject: grant.subject,
    action,
    ...(grant.chunkName.length === 0 ? {} : { chunkName: decodeChunkName(grant.chunkName) }),
    lengthMax: Number(grant.lengthMax),
    expiresAtMs: Number(grant.expiresAtMs),
    nonce: grant.nonce,
    ...(epoch > 0 && { epoch }),
    ...(grant.own && { own: true }),
  };
}

function isGrantAction(text: string): text is GrantAction {
  return (GRANT_ACTIONS as readonly string[]).includes(text);
}

function requireSame(what: string, granted: string | undefined, expected: string | undefined): void {
  if (granted === expected) return;
  throw refused(`its ${what} is ${granted ?? "not given"}, not ${expected ?? "absent"}`);
}

function signedBytes(grant: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIGNED_PREFIX.length + grant.length);
  bytes.set(SIGNED_PREFIX);
  bytes.set(grant, SIGNED_PREFIX.length);
  return bytes;
}

function refused(reason: string, cause?: unknown): AppError {
  return new AppError("INVALID_GRANT", `the grant is refused: ${reason}`, cause === undefined ? {} : { cause });
}
