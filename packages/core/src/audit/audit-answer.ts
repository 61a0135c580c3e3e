import type { ChunkName, NodeId } from "../ids.ts";
import type { AuditQuestion } from "./audit-question.ts";
import { u32be, u64be } from "./big-endian.ts";
import { chunkNameToBytes } from "./chunk-name.ts";
import type { Sha256 } from "./hash-functions.ts";

export interface ProvenLeaf {
  readonly index: number;
  /** Raw sealed bytes: 16 KiB, or what is left at the chunk's end. */
  readonly leaf: Uint8Array;
  /** Sibling hashes of 32 bytes from the leaf up to the root. */
  readonly path: readonly Uint8Array[];
}

/** What the bytes of the chunk give, before the node puts its name to it. */
export interface AuditProof {
  /** Sealed bytes of the chunk; the name binds it. */
  readonly chunkLength: number;
  /** The selected leaves, in the order of selection. */
  readonly leaves: readonly ProvenLeaf[];
  /** The closing hash, 32 bytes. */
  readonly digest: Uint8Array;
}

export interface AuditAnswer extends AuditProof {
  /** The node's own measure, in whole microseconds. */
  readonly durationUs: number;
  /** Ed25519 by the node over `auditStatement`. */
  readonly signature: Uint8Array;
}

const STATEMENT_TAG = asciiBytes("commonhold audit v1\0");

/** SHA-256 iterated `difficulty` times, starting from SHA-256(seed ‖ leaf ‖ leaf ‖ …). */
export function closingDigest(
  question: Pick<AuditQuestion, "seed" | "difficulty">,
  leaves: readonly Pick<ProvenLeaf, "leaf">[],
  sha256: Sha256,
): Uint8Array {
  let digest = sha256(question.seed, ...leaves.map(({ leaf }) => leaf));
  for (let i = 0; i < question.difficulty; i++) digest = sha256(digest);
  return digest;
}

/**
 * The bytes that a node signs: "commonhold audit v1\0" ‖ challenge id (16 bytes) ‖ node id (text) ‖ SHA-256 of the
 * body. So an answer counts for one challenge, one node and one chunk only, and whoever holds the question can show
 * to anybody what the node said.
 *
 * Body = chunk name (32) ‖ chunk length (u64) ‖ number of leaves (u32) ‖ per leaf { index (u64) ‖ length (u32) ‖
 * leaf ‖ path entries (u32) ‖ path entries of 32 bytes } ‖ closing hash (32) ‖ duration (u64); all big-endian.
 */
export function auditStatement(
  question: { readonly challengeId: Uint8Array; readonly nodeId: NodeId; readonly chunkName: ChunkName },
  answer: Omit<AuditAnswer, "signature">,
  sha256: Sha256,
): Uint8Array {
  const body = [chunkNameToBytes(question.chunkName), u64be(answer.chunkLength), u32be(answer.leaves.length)];
  for (const { index, leaf, path } of answer.leaves) {
    body.push(u64be(index), u32be(leaf.length), leaf, u32be(path.length), ...path);
  }
  body.push(answer.digest, u64be(answer.durationUs));
  return joinBytes([STATEMENT_TAG, question.challengeId, asciiBytes(question.nodeId), sha256(...body)]);
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
