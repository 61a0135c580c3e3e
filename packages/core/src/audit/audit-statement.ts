import { asciiBytes } from "./ascii-bytes.ts";
import type { AuditAnswer, ChunkProof } from "./audit-answer.ts";
import type { AuditQuestion } from "./audit-question.ts";
import { writeU64be } from "./big-endian.ts";
import { chunkNameToBytes } from "./chunk-name.ts";
import type { Sha256 } from "./hash-functions.ts";
import { HASH_LENGTH, hashLeaf } from "./merkle-proof.ts";

const STATEMENT_TAG = asciiBytes("commonhold audit v2\0");
const KIND_PROOF = 1;
const KIND_LOST = 2;
/** Name, kind, length of the chunk, number of leaves. */
const CHUNK_HEAD_LENGTH = 32 + 1 + 8 + 4;
/** Index, hash of the leaf, number of path entries. */
const LEAF_HEAD_LENGTH = 8 + HASH_LENGTH + 4;

/** For each chunk the tree's hashes of its leaves, in the order of the answer; none where the chunk is lost. */
export type LeafHashes = readonly (readonly Uint8Array[])[];

/** The tree's hashes of all leaves of an answer. */
export function hashProvenLeaves(proofs: readonly ChunkProof[], sha256: Sha256): LeafHashes {
  return proofs.map((proof) => (proof.kind === "lost" ? [] : proof.leaves.map(({ leaf }) => hashLeaf(leaf, sha256))));
}

/** What a node says, before it signs it. */
export interface AuditSaying {
  readonly answer: Omit<AuditAnswer, "signature">;
  /** `hashProvenLeaves` of its proofs. */
  readonly leafHashes: LeafHashes;
}

/**
 * The bytes that a node signs: "commonhold audit v2\0" ‖ challenge id (16 bytes) ‖ node id (text) ‖ SHA-256 of the
 * body. So an answer counts for one challenge, one node and these chunks in this order only, and whoever holds the
 * question can show to anybody what the node said.
 *
 * Body = number of chunks (u32) ‖ per chunk { name (32) ‖ 0x01 ‖ chunk length (u64) ‖ number of leaves (u32) ‖ per
 * leaf { index (u64) ‖ the tree's hash of the leaf (32) ‖ path entries (u32) ‖ path entries of 32 bytes } }, or
 * { name ‖ 0x02 ‖ length of the reason (u32) ‖ reason } where it is lost ‖ closing hash (32) ‖ duration (u64); all
 * big-endian.
 */
export function auditStatement(
  question: Pick<AuditQuestion, "challengeId" | "nodeId" | "chunkNames">,
  saying: AuditSaying,
  sha256: Sha256,
): Uint8Array {
  const body = new BodyWriter(bodyLengthOf(saying.answer.proofs));
  body.u32(saying.answer.proofs.length);
  for (const [i, proof] of saying.answer.proofs.entries()) {
    body.bytes(chunkNameToBytes(question.chunkNames[i]!));
    writeProof(body, proof, saying.leafHashes[i]!);
  }
  body.bytes(saying.answer.digest);
  body.u64(saying.answer.durationUs);
  const { challengeId, nodeId } = question;
  const statement = new BodyWriter(STATEMENT_TAG.length + challengeId.length + nodeId.length + HASH_LENGTH);
  for (const part of [STATEMENT_TAG, challengeId, asciiBytes(nodeId), sha256(body.written)]) statement.bytes(part);
  return statement.written;
}

function writeProof(body: BodyWriter, proof: ChunkProof, leafHashes: readonly Uint8Array[]): void {
  if (proof.kind === "lost") {
    body.u8(KIND_LOST);
    body.u32(proof.reason.length);
    body.bytes(asciiBytes(proof.reason));
    return;
  }
  body.u8(KIND_PROOF);
  body.u64(proof.chunkLength);
  body.u32(proof.leaves.length);
  for (const [i, { index, path }] of proof.leaves.entries()) {
    body.u64(index);
    body.bytes(leafHashes[i]!);
    body.u32(path.length);
    for (const hash of path) body.bytes(hash);
  }
}

function bodyLengthOf(proofs: readonly ChunkProof[]): number {
  let length = 4 + HASH_LENGTH + 8;
  for (const proof of proofs) {
    length += CHUNK_HEAD_LENGTH;
    if (proof.kind === "lost") length += proof.reason.length - 8;
    else for (const { path } of proof.leaves) length += LEAF_HEAD_LENGTH + HASH_LENGTH * path.length;
  }
  return length;
}

/** Fills memory of a length that is known. */
class BodyWriter {
  readonly written: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.written = new Uint8Array(length);
    this.#view = new DataView(this.written.buffer);
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  u64(value: number): void {
    writeU64be(this.#view, this.#at, value);
    this.#at += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.written.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
